//! What is between an owner of an album and another member.

use chrono::{DateTime, Utc};
use sqlx::{query, query_as};

use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;

pub(super) struct Pair {
    /// The album is open to the member.
    pub(super) open: bool,
    /// When she last asked, if nothing was opened to her since.
    pub(super) asked: Option<DateTime<Utc>>,
}

/// As it is, and as it stays until the transaction ends: of two commands at the same moment the later one finds what the
/// first has done.
pub(super) async fn locked(tx: &mut Tx, owner: MemberId, member: MemberId) -> Result<Pair, Failure> {
    query!(
        "select from pg_advisory_xact_lock(hashtextextended('album' || $1::uuid::text || $2::uuid::text, 0))",
        owner.uuid(),
        member.uuid()
    )
    .execute(tx.conn())
    .await?;
    let pair = query_as!(
        Pair,
        r#"select exists (select from album.access
                          where owner = $1 and member = $2 and granted > blocked) as "open!",
                  (select at from album.ask where owner = $1 and member = $2) as asked"#,
        owner.uuid(),
        member.uuid()
    );
    Ok(pair.fetch_one(tx.conn()).await?)
}
