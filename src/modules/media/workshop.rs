//! Where pictures are decoded: on threads of their own, as many at once as leave the others a processor, and as large
//! ones as fit into the memory for it. Who comes when it is full waits a while.

use std::panic::catch_unwind;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, available_parallelism};
use std::time::Duration;

use axum::body::Bytes;
use picture::{MEMORY_MAX, Prints, Refusal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use super::picture::refuse;
use crate::kernel::config::Config;
use crate::kernel::failure::Failure;
use crate::kernel::module::ModuleState;

/// How long a picture waits for its turn.
const WAIT: Duration = Duration::from_secs(20);
/// When to come back after that.
const BUSY_WAIT: Duration = Duration::from_secs(5);

type Work = Box<dyn FnOnce() + Send>;

/// Its threads, and the memory that they share.
pub(super) struct Workshop {
    /// They start with the first picture. Always the same ones: what the allocator keeps, it keeps for each thread.
    threads: OnceLock<Sender<Work>>,
    /// One place a thread.
    free: Arc<Semaphore>,
    /// One place a megabyte.
    memory: Arc<Semaphore>,
}

impl ModuleState for Workshop {
    fn of(_: &Config) -> Self {
        Self {
            threads: OnceLock::new(),
            free: Arc::new(Semaphore::new(threads())),
            memory: Arc::new(Semaphore::new(MEMORY_MAX as usize)),
        }
    }
}

/// Half of the processors stay for everybody else.
fn threads() -> usize {
    (available_parallelism().map_or(1, usize::from) / 2).max(1)
}

impl Workshop {
    /// Makes the photo.
    ///
    /// # Errors
    /// 422 at the photo's field where it cannot be taken, 503 where too many wait.
    pub(super) async fn develop(&self, file: Bytes) -> Result<Prints, Failure> {
        let weight = picture::weigh(&file).map_err(refuse)?;
        let places = timeout(WAIT, self.places(weight)).await.map_err(|_| Failure::busy(BUSY_WAIT))??;
        let (done, prints) = oneshot::channel();
        let work = Box::new(move || {
            // A decoder that panics has met a file that it does not understand. The log says where.
            let prints = catch_unwind(|| picture::develop(&file)).unwrap_or(Err(Refusal::Broken));
            // Given back when the work is done, also where nobody waits for it any more.
            drop((file, places));
            let _ = done.send(prints);
        });
        self.threads
            .get_or_init(start)
            .send(work)
            .map_err(|_| Failure::internal("no thread takes pictures"))?;
        prints.await.map_err(Failure::internal)?.map_err(refuse)
    }

    async fn places(&self, weight: u32) -> Result<[OwnedSemaphorePermit; 2], Failure> {
        let memory = self.memory.clone().acquire_many_owned(weight).await.map_err(Failure::internal)?;
        let thread = self.free.clone().acquire_owned().await.map_err(Failure::internal)?;
        Ok([memory, thread])
    }
}

/// Starts the threads. They end when nobody can send them work any more.
fn start() -> Sender<Work> {
    let (sender, work) = channel::<Work>();
    let work = Arc::new(Mutex::new(work));
    for _ in 0..threads() {
        let work = work.clone();
        thread::spawn(move || {
            loop {
                let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
                match next {
                    Ok(work) => work(),
                    Err(_) => return,
                }
            }
        });
    }
    sender
}
