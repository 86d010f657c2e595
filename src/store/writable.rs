//! Sessions that take no writes: of a standby, or of a database whose default is `read only` for a while.
//!
//! A session keeps the default that it began with. So the pool replaces sessions that began while the database was read-only as
//! soon as a request wants one; while the database stays read-only, the new sessions serve reads.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{PgConnection, PgExecutor, query_scalar};

/// Sessions live no longer.
pub(super) const SESSION_MAX: Duration = Duration::from_mins(30);
/// A pooled connection that was idle for longer is tried before it is used.
const TRY_AFTER: Duration = Duration::from_secs(1);

/// Whether what is asked here may write.
///
/// # Errors
/// If the database does not answer.
pub async fn takes_writes(executor: impl PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    query_scalar("select not current_setting('transaction_read_only')::boolean").fetch_one(executor).await
}

/// When a session of this pool last began that takes no writes.
#[derive(Clone, Default)]
pub(super) struct ReadOnly(Arc<Mutex<Option<Instant>>>);

impl ReadOnly {
    /// A session has begun.
    pub(super) async fn began(&self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        if !takes_writes(conn).await? {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        Ok(())
    }

    /// Whether a session that was idle for so long may be used. Asking before every use would cost half of the small reads:
    /// one after a pause costs nothing, and notices that the server was restarted.
    pub(super) async fn may_be_used(
        &self,
        conn: &mut PgConnection,
        idle: Duration,
    ) -> Result<bool, sqlx::Error> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let may_be_left = last.is_some_and(|last| last.elapsed() < SESSION_MAX);
        if idle > TRY_AFTER || may_be_left { takes_writes(conn).await } else { Ok(true) }
    }
}
