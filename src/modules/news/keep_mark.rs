//! Remembers how far a member has read. The mark only moves forward.

use sqlx::query;

use super::contract::NewsRead;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::shared::versions;

pub(super) struct KeepMark;

impl Listener for KeepMark {
    type Event = NewsRead;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<NewsRead>]) -> Result<Applied, Failure> {
        let mut moved = Vec::new();
        for NewsRead { member, up_to, at } in facts.iter().map(|fact| &fact.event) {
            let done = query!(
                "insert into news.mark (member, at, story) values ($1, $2, $3)
                 on conflict (member) do update set at = excluded.at, story = excluded.story
                 where (mark.at, mark.story) < (excluded.at, excluded.story)",
                member.uuid(),
                at,
                up_to.uuid()
            )
            .execute(tx.conn())
            .await?;
            moved.extend(Some(*member).filter(|_| done.rows_affected() > 0));
        }
        let applied = Applied::any(&moved);
        versions::bump(tx, moved).await?;
        Ok(applied)
    }
}
