//! Where pictures are decoded: on threads of their own, as many at once as leave the others a processor, and as large
//! ones as fit into the memory for it. Who comes when it is full waits a while.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use axum::body::Bytes;
use picture::{MEMORY_MAX, Prints, Refusal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::picture::refuse;
use crate::kernel::config::Config;
use crate::kernel::failure::Failure;
use crate::kernel::module::ModuleState;

/// How long a picture waits for its turn.
const WAIT: Duration = Duration::from_secs(20);
/// When to come back after that.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// The places in it.
pub(super) struct Workshop {
    /// One a thread.
    threads: Arc<Semaphore>,
    /// One a megabyte.
    memory: Arc<Semaphore>,
}

impl ModuleState for Workshop {
    fn of(_: &Config) -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self {
            threads: Arc::new(Semaphore::new((processors / 2).max(1))),
            memory: Arc::new(Semaphore::new(MEMORY_MAX as usize)),
        }
    }
}

impl Workshop {
    /// Makes the photo.
    ///
    /// # Errors
    /// 422 at the photo's field where it cannot be taken, 503 where too many wait.
    pub(super) async fn develop(&self, file: Bytes) -> Result<Prints, Failure> {
        let weight = picture::weigh(&file).map_err(refuse)?;
        let places = timeout(WAIT, self.places(weight)).await.map_err(|_| Failure::busy(BUSY_WAIT))??;
        let work = spawn_blocking(move || {
            // Given back when the work is done, also where nobody waits for it any more.
            let _places = places;
            picture::develop(&file)
        });
        // A decoder that panics has met a file that it does not understand. The log says where.
        work.await.unwrap_or(Err(Refusal::Broken)).map_err(refuse)
    }

    async fn places(&self, weight: u32) -> Result<[OwnedSemaphorePermit; 2], Failure> {
        let memory = self.memory.clone().acquire_many_owned(weight).await.map_err(Failure::internal)?;
        let thread = self.threads.clone().acquire_owned().await.map_err(Failure::internal)?;
        Ok([memory, thread])
    }
}
