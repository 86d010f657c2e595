//! Writes down what reviewers decided, of the text that they read: she may have sent another one meanwhile.

use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::review::contract::{PresentationApproved, PresentationRejected};

pub(super) struct KeepApprovals;

impl Listener for KeepApprovals {
    type Event = PresentationApproved;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PresentationApproved>],
    ) -> Result<Applied, Failure> {
        let mut rows = 0;
        for PresentationApproved { member, text, .. } in facts.iter().map(|fact| &fact.event) {
            rows += keep(tx, *member, text, None).await?;
        }
        Ok(Applied::rows(rows))
    }
}

pub(super) struct KeepRejections;

impl Listener for KeepRejections {
    type Event = PresentationRejected;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PresentationRejected>],
    ) -> Result<Applied, Failure> {
        let mut rows = 0;
        for PresentationRejected { member, text, reason, .. } in facts.iter().map(|fact| &fact.event) {
            rows += keep(tx, *member, text, Some(reason)).await?;
        }
        Ok(Applied::rows(rows))
    }
}

/// An approval has no reason.
async fn keep(tx: &mut Tx, member: MemberId, text: &str, reason: Option<&str>) -> Result<u64, Failure> {
    let done = query!(
        "update draft.presentation
         set state = case when $3::text is null then 'approved' else 'rejected' end, reason = $3
         where member = $1 and text = $2
           and state <> case when $3::text is null then 'approved' else 'rejected' end",
        member.uuid(),
        text,
        reason
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
