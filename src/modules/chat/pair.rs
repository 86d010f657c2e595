//! Two members, in either order: what a conversation is kept by.

use sqlx::query;

use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;

/// `one` has the lesser id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) one: MemberId,
    pub(super) two: MemberId,
}

impl Pair {
    pub(super) fn of(a: MemberId, b: MemberId) -> Self {
        Self { one: a.min(b), two: a.max(b) }
    }

    /// Nobody else gives numbers in this conversation until the transaction ends. It need not exist yet, so this
    /// is no lock of a row. What relies on it is read by a later statement, which sees what others committed.
    pub(super) async fn lock(self, tx: &mut Tx) -> Result<(), Failure> {
        query!(
            "select from pg_advisory_xact_lock(hashtextextended('chat' || $1::uuid::text || $2::uuid::text, 0))",
            self.one.uuid(),
            self.two.uuid()
        )
        .execute(tx.conn())
        .await?;
        Ok(())
    }
}
