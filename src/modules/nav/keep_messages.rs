//! A message makes the thread of its receiver unread.

use sqlx::query_scalar;

use super::farthest::Farthest;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::tx::Tx;
use crate::modules::chat::contract::MessageSent;
use crate::shared::versions;

pub(super) struct KeepMessages;

impl Listener for KeepMessages {
    type Event = MessageSent;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MessageSent>]) -> Result<Applied, Failure> {
        let messages = facts.iter().map(|fact| ((fact.event.to, fact.event.from), fact.event.number));
        let Farthest { members, others, numbers } = Farthest::of(messages);
        let told = query_scalar!(
            r#"insert into nav.thread as t (member, other, newest, read_to)
               select member, other, newest, 0
               from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as row (member, other, newest)
               on conflict (member, other) do update set newest = excluded.newest
               where t.newest < excluded.newest
               returning member as "member: MemberId""#,
            &members,
            &others,
            &numbers
        )
        .fetch_all(tx.conn())
        .await?;
        let applied = Applied::any(&told);
        versions::bump(tx, told).await?;
        Ok(applied)
    }
}
