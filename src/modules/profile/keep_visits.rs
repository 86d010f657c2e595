//! Writes visits down. Within an hour of one that counted, another of the same pair does not.

use sqlx::query;

use super::contract::ProfileVisited;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

pub(super) struct KeepVisits;

impl Listener for KeepVisits {
    type Event = ProfileVisited;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<ProfileVisited>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let done = query!(
                "insert into profile.visit (visitor, member, at) values ($1, $2, $3)
                 on conflict (visitor, member) do update set at = excluded.at
                 where visit.at <= excluded.at - interval '1 hour'",
                fact.event.visitor.uuid(),
                fact.event.member.uuid(),
                fact.at
            )
            .execute(tx.conn())
            .await?;
            rows += done.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}
