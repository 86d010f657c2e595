//! Remembers when each member was last here.

use sqlx::query;

use crate::event::{Applied, Fact, Listener};
use crate::failure::Failure;
use crate::id::TypedId;
use crate::modules::online::contract::MemberSeen;
use crate::tx::Tx;

pub(super) struct KeepSeen;

impl Listener for KeepSeen {
    type Event = MemberSeen;

    async fn handle(&self, tx: &mut Tx, facts: &[Fact<MemberSeen>]) -> Result<Applied, Failure> {
        let done = query!(
            "insert into profile.seen as kept (member, at)
             select member, max(at) from unnest($1::uuid[], $2::timestamptz[]) as row (member, at)
             group by member
             on conflict (member) do update set at = excluded.at where kept.at < excluded.at",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
