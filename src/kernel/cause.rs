//! What an event followed from: the request whose task is running. A reader of the event elsewhere finds the request in
//! the log by it.

use std::future::Future;

use uuid::Uuid;

tokio::task_local! {
    static CAUSE: Option<Uuid>;
}

/// Runs `work` on behalf of a request.
pub async fn of<F: Future>(request: Option<Uuid>, work: F) -> F::Output {
    CAUSE.scope(request, work).await
}

/// The request that this task works for, if any.
pub fn current() -> Option<Uuid> {
    CAUSE.try_with(|cause| *cause).ok().flatten()
}
