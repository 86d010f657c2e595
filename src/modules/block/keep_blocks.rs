//! Writes the ignore lists down.

use sqlx::query;

use super::contract::{MemberBlocked, MemberUnblocked};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

pub(super) struct AddBlock;

impl Listener for AddBlock {
    type Event = MemberBlocked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberBlocked>]) -> Result<Applied, Failure> {
        let done = query!(
            "insert into block.block (member, blocked, at)
             select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) on conflict do nothing",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.blocked.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}

pub(super) struct RemoveBlock;

impl Listener for RemoveBlock {
    type Event = MemberUnblocked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberUnblocked>]) -> Result<Applied, Failure> {
        let done = query!(
            "delete from block.block b using unnest($1::uuid[], $2::uuid[]) as gone (member, blocked)
             where b.member = gone.member and b.blocked = gone.blocked",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.unblocked.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
