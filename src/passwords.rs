//! Hashes passwords, with argon2id, a few at a time: 100 logins at once would take 1.9 GB.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::failure::Failure;

/// Who may wait or be hashed at once, a core: about a second's worth.
const SEATS_A_CORE: usize = 32;
/// When to come back if they are taken.
const BUSY_WAIT: Duration = Duration::from_secs(1);

/// See the module.
pub struct Passwords {
    argon: Argon2<'static>,
    /// About one hash a core at once; the others wait.
    turns: Arc<Semaphore>,
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
        let (turns, seats) = (Semaphore::new(cores), Semaphore::new(cores * SEATS_A_CORE));
        Ok(Self { argon, turns: Arc::new(turns), seats: Arc::new(seats), nobody })
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
        let turn = self.turns.clone().acquire_owned().await.map_err(Failure::internal)?;
        let work = move || {
            let done = work();
            drop((turn, seat));
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(Failure::internal)
    }
}

fn hash(argon: &Argon2<'_>, password: &str) -> Result<String, Failure> {
    let hash: PasswordHash =
        argon.hash_password(password.as_bytes()).map_err(|fault| Failure::internal(fault.to_string()))?;
    Ok(hash.to_string())
}
