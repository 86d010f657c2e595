//! Writes down who is here: once a minute, and nothing of who hides.

use sqlx::query;

use super::contract::MemberSeen;
use crate::bus::Signal;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::web::presence::{ONLINE, SEEN_EVERY};

pub(super) struct KeepSeen;

impl Listener for KeepSeen {
    type Event = MemberSeen;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberSeen>]) -> Result<Applied, Failure> {
        let mut applied = Applied::Nothing;
        for fact in facts {
            let member = fact.event.member;
            let done = query!(
                "insert into online.seen as kept (member, since, at, place)
                 select $1, $2, $2, md5($1::uuid::text)::uuid
                 where not exists (select from online.hidden where member = $1)
                 on conflict (member) do update
                 set at = excluded.at,
                     since = case when kept.at > $3 then kept.since else excluded.since end
                 where kept.at <= $4",
                member.uuid(),
                fact.at,
                fact.at - ONLINE,
                fact.at - SEEN_EVERY
            )
            .execute(tx.conn())
            .await?;
            if done.rows_affected() > 0 {
                applied = Applied::Changed;
                tx.signal(Signal::Seen { member, at: fact.at });
            }
        }
        Ok(applied)
    }
}
