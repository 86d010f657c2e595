//! Remembers how far a member has read. The mark only moves forward.

use sqlx::query;

use super::contract::NewsRead;
use crate::event::{Applied, Listener, Recorded};
use crate::failure::Failure;
use crate::id::TypedId;
use crate::shared::versions;
use crate::tx::Tx;

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
