//! Puts presentations into the queue. A member has one at most: the newest, in the place of the one that waited. The
//! same text again is nothing new.

use sqlx::{query, query_scalar};

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
            let member = fact.event.member.uuid();
            let newest = query_scalar!(
                r#"select text as "text!" from review.item where member = $1 and kind = 'presentation'
                   order by item desc limit 1"#,
                member
            );
            if newest.fetch_optional(tx.conn()).await?.is_some_and(|text| text == fact.event.text) {
                continue;
            }
            let since = query_scalar!(
                "update review.item set decision = 'replaced'
                 where member = $1 and kind = 'presentation' and decision is null
                 returning at",
                member
            )
            .fetch_optional(tx.conn())
            .await?;
            let done = query!(
                "insert into review.item (kind, item, member, text, at) values ('presentation', $1, $2, $3, $4)
                 on conflict do nothing",
                fact.id.uuid(),
                member,
                fact.event.text,
                since.unwrap_or(fact.at)
            )
            .execute(tx.conn())
            .await?;
            rows += done.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}
