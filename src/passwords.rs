//! Hashes passwords, with argon2id, a few at a time: 100 logins at once would take 1.9 GB.
//!
//! Always in the same threads, one a core. The allocator keeps what a thread has freed for that thread: 1,454 logins
//! in a pool of many threads left 800 MB behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::{Semaphore, oneshot};

use crate::failure::Failure;

/// Who may wait or be hashed at once, a core: about a second's worth.
const SEATS_A_CORE: usize = 32;
/// When to come back if they are taken.
const BUSY_WAIT: Duration = Duration::from_secs(1);

/// What a thread is to do.
type Job = Box<dyn FnOnce() + Send>;

/// See the module.
pub struct Passwords {
    argon: Argon2<'static>,
    /// To the threads. They end with this.
    jobs: Sender<Job>,
    /// How many may wait, so that logins cannot take every seat of the site.
    seats: Arc<Semaphore>,
    /// Verified against where there is no account, so that the answer takes as long.
    nobody: String,
}

impl Passwords {
    /// With the strength of the site: 19 MiB, two passes, one lane.
    pub fn new() -> Result<Self, Failure> {
        Self::with(Argon2::default())
    }

    /// With a strength of one's own: tests hash many.
    pub fn with(argon: Argon2<'static>) -> Result<Self, Failure> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let nobody = hash(&argon, "nobody has this password")?;
        let (jobs, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..cores {
            let waiting = waiting.clone();
            let thread = std::thread::Builder::new().name("passwords".to_owned());
            thread.spawn(move || work(&waiting)).map_err(Failure::internal)?;
        }
        Ok(Self { argon, jobs, seats: Arc::new(Semaphore::new(cores * SEATS_A_CORE)), nobody })
    }

    /// For keeping: the password's hash with its salt and parameters (PHC format).
    pub async fn hash(&self, password: String) -> Result<String, Failure> {
        let argon = self.argon.clone();
        self.turn(move || hash(&argon, &password)).await?
    }

    /// Whether the password fits. Without a hash it does not, after the same time.
    pub async fn verify(&self, password: String, kept: Option<String>) -> Result<bool, Failure> {
        let argon = self.argon.clone();
        let exists = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.nobody.clone());
        let fits = self
            .turn(move || {
                let kept = PasswordHash::new(&kept).map_err(|fault| Failure::internal(fault.to_string()))?;
                Ok::<_, Failure>(argon.verify_password(password.as_bytes(), &kept).is_ok())
            })
            .await??;
        Ok(fits && exists)
    }

    async fn turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let seat = self.seats.clone().try_acquire_owned().map_err(|_| Failure::busy(BUSY_WAIT))?;
        let (tell, told) = oneshot::channel();
        let job = move || {
            // Whoever went away meanwhile needs no answer.
            if !tell.is_closed() {
                let _ = tell.send(work());
            }
            drop(seat);
        };
        self.jobs
            .send(Box::new(job))
            .map_err(|_| Failure::internal("the threads for passwords have ended"))?;
        told.await.map_err(Failure::internal)
    }
}

/// Takes one job after the other, until nobody can send any more.
fn work(waiting: &Mutex<Receiver<Job>>) {
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(job) = next() {
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a password's job panicked");
        }
    }
}

fn hash(argon: &Argon2<'_>, password: &str) -> Result<String, Failure> {
    let hash: PasswordHash =
        argon.hash_password(password.as_bytes()).map_err(|fault| Failure::internal(fault.to_string()))?;
    Ok(hash.to_string())
}
