//! Remembers how far members have read. A mark only moves forward.

use sqlx::query_scalar;

use super::contract::MemberReadThread;
use super::pair::Pair;
use crate::event::{Applied, Fact, Listener};
use crate::failure::Failure;
use crate::id::TypedId;
use crate::kit::versions;
use crate::tx::Tx;

pub(super) struct KeepMarks;

impl Listener for KeepMarks {
    type Event = MemberReadThread;

    async fn handle(&self, tx: &mut Tx, facts: &[Fact<MemberReadThread>]) -> Result<Applied, Failure> {
        let mut applied = Applied::Nothing;
        for MemberReadThread { member, with, up_to } in facts.iter().map(|fact| &fact.event) {
            let pair = Pair::of(*member, *with);
            let blocked = query_scalar!(
                r#"update chat.thread t set read_to = $3, unread = (
                       select count(*) from chat.message m
                       where m.one = $4 and m.two = $5 and m.number > $3 and m.sender = $2 and not m.withheld)
                   where t.member = $1 and t.other = $2 and t.read_to < $3 and t.newest >= $3
                   returning exists (
                       select from chat.blocked_pair p where p.viewer = $1 and p.other = $2) as "blocked!""#,
                member.uuid(),
                with.uuid(),
                up_to,
                pair.one.uuid(),
                pair.two.uuid()
            )
            .fetch_optional(tx.conn())
            .await?;
            if let Some(blocked) = blocked {
                applied = Applied::Changed;
                // Whoever has blocked her hears nothing of what she reads.
                versions::bump(tx, [Some(*member), Some(*with).filter(|_| !blocked)].into_iter().flatten())
                    .await?;
            }
        }
        Ok(applied)
    }
}
