//! Puts presentations into the queue. A member has one at most: the newest, in the place of the one that waited. The
//! same text again is nothing new.

use sqlx::{query, query_scalar};

use super::item::{Kind, NewItem};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::draft::contract::DraftPresentationUpdated;

pub(super) struct AddPresentation;

impl Listener for AddPresentation {
    type Event = DraftPresentationUpdated;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<DraftPresentationUpdated>],
    ) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let DraftPresentationUpdated { member, text } = &fact.event;
            let newest = query_scalar!(
                "select p.text from review.item i join review.item_presentation p on p.item = i.item
                 where i.member = $1 and i.kind = 'presentation' order by i.item desc limit 1",
                member.uuid()
            );
            if newest.fetch_optional(tx.conn()).await?.as_ref() == Some(text) {
                continue;
            }
            let since = query_scalar!(
                "update review.item set decision = 'replaced'
                 where member = $1 and kind = 'presentation' and decision is null
                 returning at",
                member.uuid()
            );
            let at = since.fetch_optional(tx.conn()).await?.unwrap_or(fact.at);
            let item = NewItem { id: fact.id, kind: Kind::Presentation, member: *member, at };
            if item.add(tx).await? {
                query!(
                    "insert into review.item_presentation (item, text) values ($1, $2)",
                    fact.id.uuid(),
                    text
                )
                .execute(tx.conn())
                .await?;
                rows += 1;
            }
        }
        Ok(Applied::rows(rows))
    }
}
