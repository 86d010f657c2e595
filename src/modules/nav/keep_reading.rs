//! Reading a thread makes it read, up to a message. A mark of a thread without a message is kept for its first one.

use sqlx::query;

use super::farthest::Farthest;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::chat::contract::MemberReadThread;
use crate::shared::versions;

pub(super) struct KeepReading;

impl Listener for KeepReading {
    type Event = MemberReadThread;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberReadThread>]) -> Result<Applied, Failure> {
        let marks = facts.iter().map(|fact| ((fact.event.member, fact.event.with), fact.event.up_to));
        let Farthest { members, others, numbers } = Farthest::of(marks);
        let moved = query!(
            r#"insert into nav.thread as t (member, other, newest, read_to)
               select member, other, 0, read_to
               from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as row (member, other, read_to)
               on conflict (member, other) do update set read_to = excluded.read_to
               where t.read_to < excluded.read_to
               returning t.member, t.newest between 1 and t.read_to as "is_read!""#,
            &members,
            &others,
            &numbers
        )
        .fetch_all(tx.conn())
        .await?;
        let applied = Applied::any(&moved);
        // A thread that is still unread counts as before.
        let told = moved.iter().filter(|thread| thread.is_read).map(|thread| MemberId::of(thread.member));
        versions::bump(tx, told).await?;
        Ok(applied)
    }
}
