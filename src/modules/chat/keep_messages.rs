//! Writes messages down: in the conversation, and in the threads of those who see them.

use sqlx::query_scalar;

use super::contract::{MessageSent, MessageWithheld};
use super::message::REMOVED;
use super::pair::Pair;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::shared::versions;

pub(super) struct KeepMessages;
pub(super) struct KeepWithheld;

impl Listener for KeepMessages {
    type Event = MessageSent;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MessageSent>]) -> Result<Applied, Failure> {
        let mut applied = Applied::Nothing;
        for fact in facts {
            let MessageSent { from, to, number, text } = &fact.event;
            let row = Row { from: *from, to: *to, number: *number, text, withheld: false };
            if keep(tx, fact.at, row).await? {
                applied = Applied::Changed;
                versions::bump(tx, [*from, *to]).await?;
            }
        }
        Ok(applied)
    }
}

impl Listener for KeepWithheld {
    type Event = MessageWithheld;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MessageWithheld>]) -> Result<Applied, Failure> {
        let mut applied = Applied::Nothing;
        for fact in facts {
            let MessageWithheld { from, to, number, text } = &fact.event;
            let row = Row { from: *from, to: *to, number: *number, text, withheld: true };
            if keep(tx, fact.at, row).await? {
                applied = Applied::Changed;
                // Whoever has blocked her hears nothing of it.
                versions::bump(tx, [*from]).await?;
            }
        }
        Ok(applied)
    }
}

/// A message as its table has it.
struct Row<'t> {
    from: MemberId,
    to: MemberId,
    number: i64,
    text: &'t str,
    withheld: bool,
}

/// One by one: numbers build on each other, and only the own commands come here. True if it is new.
async fn keep(tx: &mut Tx, at: chrono::DateTime<chrono::Utc>, row: Row<'_>) -> Result<bool, Failure> {
    let Pair { one, two } = Pair::of(row.from, row.to);
    let kept = query_scalar!(
        r#"with kept as (
               insert into chat.message (one, two, number, sender, text, at, withheld, removed)
               select $1, $2, $3, $4, case when gone then $9 else $6 end, $7, $8, gone
               from (select exists (select from chat.removed r
                                    where r.sender = $4 and r.receiver = $5 and r.number = $3)) as mark (gone)
               on conflict (one, two, number) do nothing
               returning number
           ), conversation as (
               insert into chat.conversation as c (one, two, newest, opener, opened)
               select $1, $2, number, $4, $7 from kept
               on conflict (one, two) do update set newest = greatest(c.newest, excluded.newest)
           ), threads as (
               insert into chat.thread as t (member, other, newest, at, read_to, unread)
               select member, other, number, $7, 0, unread
               from kept cross join (values ($4::uuid, $5::uuid, 0), ($5, $4, 1)) as side (member, other, unread)
               where member = $4 or not $8
               on conflict (member, other) do update set
                   newest = greatest(t.newest, excluded.newest), at = greatest(t.at, excluded.at),
                   unread = t.unread + excluded.unread
           )
           select count(*) as "count!" from kept"#,
        one.uuid(),
        two.uuid(),
        row.number,
        row.from.uuid(),
        row.to.uuid(),
        row.text,
        at,
        row.withheld,
        REMOVED
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(kept > 0)
}
