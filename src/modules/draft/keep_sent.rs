//! Writes down what a member sent to review. The same text again is nothing new.

use sqlx::query;

use super::contract::DraftPresentationUpdated;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

pub(super) struct KeepSent;

impl Listener for KeepSent {
    type Event = DraftPresentationUpdated;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<DraftPresentationUpdated>],
    ) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let done = query!(
                "insert into draft.presentation as sent (member, text, state, at) values ($1, $2, 'waiting', $3)
                 on conflict (member) do update
                 set text = excluded.text, state = 'waiting', reason = null, at = excluded.at
                 where sent.text <> excluded.text",
                fact.event.member.uuid(),
                fact.event.text,
                fact.at
            )
            .execute(tx.conn())
            .await?;
            rows += done.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}
