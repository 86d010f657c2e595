//! Hashes passwords, with argon2id, a few at a time: 100 logins at once would take 1.9 GB.
//!
//! Always in the same threads, one a core, each with memory that it uses again and again. Given back to the allocator, the
//! 19 MiB of a password are cut up and never found again: 20 registrations left 340 MB behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::try_generate_salt;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::{Semaphore, oneshot};

use crate::kernel::failure::Failure;
use crate::shared::text::composed;
use crate::shared::text::properties::is_space;

/// Who may wait or be hashed at once, a core: about a second's worth.
const SEATS_A_CORE: usize = 32;
/// When to come back if they are taken.
const BUSY_WAIT: Duration = Duration::from_secs(1);

/// A password as it is hashed: each letter in one piece (NFC), and each space a plain one (RFC 8265, OpaqueString). Who
/// registers on one keyboard can log in on another.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    pub fn of(typed: &str) -> Self {
        let plain: String = typed.chars().map(|c| if is_space(c) { ' ' } else { c }).collect();
        Self(composed(&plain).into_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a thread is to do.
type Job = Box<dyn FnOnce(&mut Memory) + Send>;
/// What a thread works in.
type Memory = Vec<Block>;

/// Hashes and verifies passwords with a bounded number of threads.
pub struct Passwords {
    strength: Params,
    /// To the threads. They end with this.
    jobs: Sender<Job>,
    /// How many may wait, so that logins cannot take every seat of the site.
    seats: Arc<Semaphore>,
    /// Verified against where there is no account, so that the answer takes as long.
    nobody: String,
}

impl Passwords {
    /// With the strength of the site: 19 MiB, two passes, one lane.
    ///
    /// # Errors
    /// If the parameters are refused, which a test would have found.
    pub fn new() -> Result<Self, Failure> {
        Self::with(Params::DEFAULT)
    }

    /// With a strength of one's own: tests hash many.
    ///
    /// # Errors
    /// If argon2 refuses the parameters.
    pub fn with(strength: Params) -> Result<Self, Failure> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let nobody = hash(&strength, "nobody has this password", &mut Memory::new())?;
        let (jobs, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..cores {
            let waiting = waiting.clone();
            let thread = std::thread::Builder::new().name("passwords".to_owned());
            thread.spawn(move || work(&waiting)).map_err(Failure::internal)?;
        }
        Ok(Self { strength, jobs, seats: Arc::new(Semaphore::new(cores * SEATS_A_CORE)), nobody })
    }

    /// For keeping: the password's hash with its salt and parameters (PHC format).
    ///
    /// # Errors
    /// If argon2 fails, or the program ends meanwhile.
    pub async fn hash(&self, password: Password) -> Result<String, Failure> {
        let strength = self.strength.clone();
        self.turn(move |memory| hash(&strength, password.as_str(), memory)).await?
    }

    /// Whether the password fits. Without a hash it does not, after the same time.
    ///
    /// # Errors
    /// If the hash is not in PHC format, or the program ends meanwhile.
    pub async fn verify(&self, password: Password, kept: Option<String>) -> Result<bool, Failure> {
        let exists = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.nobody.clone());
        let fits = self.turn(move |memory| fits(&kept, password.as_str(), memory)).await??;
        Ok(fits && exists)
    }

    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let seat = self.seats.clone().try_acquire_owned().map_err(|_| Failure::busy(BUSY_WAIT))?;
        let (tell, told) = oneshot::channel();
        let job = move |memory: &mut Memory| {
            // A caller that went away meanwhile needs no answer.
            if !tell.is_closed() {
                let _ = tell.send(work(memory));
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
    let mut memory = Memory::new();
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(job) = next() {
        if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
            tracing::error!("a password's job panicked");
        }
    }
}

fn hash(strength: &Params, password: &str, memory: &mut Memory) -> Result<String, Failure> {
    let salt = try_generate_salt().map_err(Failure::internal)?;
    let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
    let argon = Argon2::new(algorithm, version, strength.clone());
    let hash = computed(&argon, password, &salt, Params::DEFAULT_OUTPUT_LEN, memory)?;
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(strength).map_err(said)?,
        salt: Some(Salt::new(&salt).map_err(said)?),
        hash: Some(hash),
    };
    Ok(hash.to_string())
}

/// Whether the password is the one of a kept hash, which says itself how strongly it was hashed.
fn fits(kept: &str, password: &str, memory: &mut Memory) -> Result<bool, Failure> {
    let kept = PasswordHash::new(kept).map_err(said)?;
    let algorithm = Algorithm::try_from(kept.algorithm.as_str()).map_err(said)?;
    let version = kept.version.map(Version::try_from).transpose().map_err(said)?.unwrap_or_default();
    let argon = Argon2::new(algorithm, version, Params::try_from(&kept).map_err(said)?);
    let (Some(salt), Some(hash)) = (&kept.salt, &kept.hash) else {
        return Err(Failure::internal("a password's hash is not whole"));
    };
    // The comparison takes as long wherever they differ.
    Ok(computed(&argon, password, salt, hash.len(), memory)? == *hash)
}

fn computed(
    argon: &Argon2<'_>,
    password: &str,
    salt: &[u8],
    length: usize,
    memory: &mut Memory,
) -> Result<Output, Failure> {
    memory.resize(argon.params().block_count(), Block::new());
    let mut bytes = [0; Output::MAX_LENGTH];
    let out = bytes.get_mut(..length).ok_or_else(|| Failure::internal("no hash is that long"))?;
    argon
        .hash_password_into_with_memory(password.as_bytes(), salt, out, memory.as_mut_slice())
        .map_err(said)?;
    Output::new(out).map_err(said)
}

fn said(fault: impl ToString + Copy) -> Failure {
    Failure::internal(fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_same_on_every_keyboard() {
        let same = |one: &str, other: &str| Password::of(one).as_str() == Password::of(other).as_str();
        assert!(same("sju pannkakor på söndag", "sju pannkakor pa\u{30a} so\u{308}ndag"));
        assert!(same("a\u{212b}b", "aÅb"));
        assert!(same("sju\u{a0}pannkakor", "sju pannkakor") && same("a\u{3000}b", "a b"));
        // Every character counts: case, width, and what nobody sees.
        assert!(!same("Sju pannkakor", "sju pannkakor"));
        assert!(!same("ａｂｃ", "abc"));
        assert!(!same("a\u{200d}b", "ab"));
        assert!(!same(" a", "a"));
    }

    #[test]
    fn a_hash_fits_however_the_letters_were_typed() {
        let strength = Params::new(8, 1, 1, None).unwrap();
        let mut memory = Memory::new();
        let kept = hash(&strength, Password::of("fj\u{e5}rton pannkakor").as_str(), &mut memory).unwrap();
        let tried = Password::of("fja\u{30a}rton pannkakor");
        assert!(fits(&kept, tried.as_str(), &mut memory).unwrap());
    }
}
