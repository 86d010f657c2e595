//! A member's requests take turns: so many are worked on at once, some more wait, and beyond that she is told to slow
//! down. Without it a hundred requests of one member make all others wait for the database.
//!
//! Who waits holds no permit. A browser with many tabs meets the queue and not the refusal.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use moka::sync::Cache;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::admission::Permit;
use super::visitor::Visitor;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::problem;

/// Requests of one member that are worked on at once. A browser has six connections, and nginx sends what comes on one
/// HTTP/2 connection side by side.
pub const TURNS_MAX: usize = 8;
/// Requests of one member that wait for their turn.
pub const WAITING_MAX: usize = 64;
/// How long one waits for it.
const TURN_WAIT: Duration = Duration::from_secs(10);
/// When to come back after a refusal.
const AGAIN: Duration = Duration::from_secs(1);
/// Members whose turns are kept in memory, and for how long after their last request.
const MEMBERS_MAX: u64 = 100_000;
const KEPT: Duration = Duration::from_mins(1);

/// The turns of all members.
#[derive(Clone)]
pub struct Turns {
    queues: Cache<MemberId, Arc<Queue>>,
}

struct Queue {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// One that waits; dropping it, also because its client went away, leaves the queue.
struct Waiting<'a>(&'a AtomicUsize);

impl Default for Turns {
    fn default() -> Self {
        Self { queues: Cache::builder().max_capacity(MEMBERS_MAX).time_to_idle(KEPT).build() }
    }
}

impl Turns {
    /// Waits until it is this request's turn.
    async fn wait(&self, member: MemberId, permit: &Permit) -> Result<(), Failure> {
        let queue = self.queues.get_with(member, || Arc::new(Queue::new()));
        if let Ok(turn) = queue.turns.clone().try_acquire_owned() {
            return permit.take(turn);
        }
        let _waiting = queue.stand().ok_or_else(too_many)?;
        permit.leave();
        let turn = timeout(TURN_WAIT, queue.turns.clone().acquire_owned()).await.map_err(|_| too_many())?;
        permit.take(turn.map_err(Failure::internal)?)
    }
}

impl Queue {
    fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(TURNS_MAX)), waiting: AtomicUsize::new(0) }
    }

    /// Joins those that wait, if there is room.
    fn stand(&self) -> Option<Waiting<'_>> {
        let joined = self.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(&self.waiting);
        (joined < WAITING_MAX).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Lets a member's request go on at its turn. Strangers are counted by their address only.
pub async fn take_turn(State(turns): State<Turns>, request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    let actor = extensions.get::<Visitor>().and_then(|visitor| visitor.actor.as_ref());
    if let (Some(actor), Some(permit)) = (actor, extensions.get::<Permit>())
        && let Err(failure) = turns.wait(actor.id, permit).await
    {
        return failure.into_response();
    }
    next.run(request).await
}

fn too_many() -> Failure {
    let detail = format!(
        "You have asked for more than {} things at once. Let some be answered before you ask for more.",
        TURNS_MAX + WAITING_MAX
    );
    problem::TOO_MANY_AT_ONCE.saying(detail).retry_after(AGAIN)
}
