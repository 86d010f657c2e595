//! Remembers how far members have read. A mark only moves forward, and what is unread after it is counted again.
//!
//! The listener counts under the lock of the reader's thread. A message to her takes that lock, too: it is either
//! counted here, or adds itself afterwards.

use sqlx::query_scalar;

use super::contract::MemberReadThread;
use super::pair::Pair;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::shared::versions;

pub(super) struct KeepMarks;

impl Listener for KeepMarks {
    type Event = MemberReadThread;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberReadThread>]) -> Result<Applied, Failure> {
        let mut applied = Applied::Nothing;
        for MemberReadThread { member, with, up_to } in facts.iter().map(|fact| &fact.event) {
            let Some(before) = lock(tx, *member, *with, *up_to).await? else { continue };
            if let Some(blocked) = settle(tx, *member, *with, before.max(*up_to)).await? {
                applied = Applied::Changed;
                // Whoever has blocked her hears nothing of what she reads.
                versions::bump(tx, [Some(*member), Some(*with).filter(|_| !blocked)].into_iter().flatten())
                    .await?;
            }
        }
        Ok(applied)
    }
}

/// Locks the member's thread, and returns how far she has read. None where the thread has not come to that message.
async fn lock(tx: &mut Tx, member: MemberId, with: MemberId, up_to: i64) -> Result<Option<i64>, Failure> {
    Ok(query_scalar!(
        "select read_to from chat.thread where member = $1 and other = $2 and newest >= $3 for update",
        member.uuid(),
        with.uuid(),
        up_to
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Writes mark and count, a statement after the lock: it sees what had been committed when the lock was given. Returns
/// whether the two are blocked from each other; none where both numbers were right before.
async fn settle(
    tx: &mut Tx,
    member: MemberId,
    with: MemberId,
    read_to: i64,
) -> Result<Option<bool>, Failure> {
    let pair = Pair::of(member, with);
    Ok(query_scalar!(
        r#"update chat.thread t set read_to = $3, unread = counted.unread
           from (select count(*)::integer as unread from chat.message m
                 where m.one = $4 and m.two = $5 and m.number > $3 and m.sender = $2 and not m.withheld) as counted
           where t.member = $1 and t.other = $2 and (t.read_to, t.unread) <> ($3, counted.unread)
           returning exists (
               select from chat.blocked_pair p where p.viewer = $1 and p.other = $2) as "blocked!""#,
        member.uuid(),
        with.uuid(),
        read_to,
        pair.one.uuid(),
        pair.two.uuid()
    )
    .fetch_optional(tx.conn())
    .await?)
}
