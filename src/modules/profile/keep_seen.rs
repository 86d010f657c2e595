//! Remembers on which day each member was last here: nothing finer is shown, so a row is written once a day.

use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::online::contract::MemberSeen;

pub(super) struct KeepSeen;

impl Listener for KeepSeen {
    type Event = MemberSeen;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberSeen>]) -> Result<Applied, Failure> {
        let done = query!(
            "insert into profile.seen as kept (member, day)
             select member, max(day) from unnest($1::uuid[], $2::date[]) as row (member, day)
             group by member order by member
             on conflict (member) do update set day = excluded.day where kept.day < excluded.day",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.day(fact.at)).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
