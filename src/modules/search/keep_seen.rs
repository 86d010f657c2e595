//! Writes down who was last here when, and who hides.

use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::online::contract::{MemberSeen, OnlineHidden, OnlineShown};

pub(super) struct KeepSeen;

pub(super) struct AddHidden;

pub(super) struct RemoveHidden;

impl Listener for KeepSeen {
    type Event = MemberSeen;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberSeen>]) -> Result<Applied, Failure> {
        let members: Vec<_> = facts.iter().map(|fact| fact.event.member.uuid()).collect();
        let times: Vec<_> = facts.iter().map(|fact| fact.at).collect();
        let days: Vec<_> = facts.iter().map(|fact| fact.event.day(fact.at)).collect();
        let done = query!(
            "insert into search.seen as kept (member, at)
             select member, max(at) from unnest($1::uuid[], $2::timestamptz[]) as row (member, at)
             group by member order by member
             on conflict (member) do update set at = excluded.at where kept.at < excluded.at",
            &members,
            &times
        )
        .execute(tx.conn())
        .await?;
        // Once a day and member: all the indexes have it.
        query!(
            "update search.member m set seen_day = s.day at time zone 'utc'
             from (select member, max(day)::timestamp as day from unnest($1::uuid[], $2::date[]) as row (member, day)
                   group by member) s
             where s.member = m.member and m.seen_day < s.day at time zone 'utc'",
            &members,
            &days
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}

impl Listener for AddHidden {
    type Event = OnlineHidden;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<OnlineHidden>]) -> Result<Applied, Failure> {
        let members: Vec<_> = facts.iter().map(|fact| fact.event.member.uuid()).collect();
        let done = query!(
            "insert into search.hidden (member) select * from unnest($1::uuid[]) on conflict do nothing",
            &members
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}

impl Listener for RemoveHidden {
    type Event = OnlineShown;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<OnlineShown>]) -> Result<Applied, Failure> {
        let members: Vec<_> = facts.iter().map(|fact| fact.event.member.uuid()).collect();
        let done =
            query!("delete from search.hidden where member = any($1)", &members).execute(tx.conn()).await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
