//! Writes decisions on applications down. The first one counts: a second finds nothing that waits, and is not published.

use sqlx::query;

use super::contract::{RegistrationApproved, RegistrationRejected};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::shared::people::DecidedBy;

pub(super) struct KeepApprovals;

impl Listener for KeepApprovals {
    type Event = RegistrationApproved;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<RegistrationApproved>],
    ) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let decided = Decision { member: fact.event.member, reason: None, by: fact.event.by };
            rows += keep(tx, decided, fact.at).await?;
        }
        Ok(Applied::rows(rows))
    }
}

pub(super) struct KeepRejections;

impl Listener for KeepRejections {
    type Event = RegistrationRejected;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<RegistrationRejected>],
    ) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let RegistrationRejected { member, reason, by } = &fact.event;
            rows += keep(tx, Decision { member: *member, reason: Some(reason), by: *by }, fact.at).await?;
        }
        Ok(Applied::rows(rows))
    }
}

/// An approval has no reason.
struct Decision<'a> {
    member: MemberId,
    reason: Option<&'a str>,
    by: DecidedBy,
}

async fn keep(
    tx: &mut Tx,
    decision: Decision<'_>,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<u64, Failure> {
    let done = query!(
        "update review.item
         set decision = case when $2::text is null then 'approved' else 'rejected' end,
             reason = $2, decided_by = $3, decided_at = $4
         where member = $1 and kind = 'registration' and decision is null",
        decision.member.uuid(),
        decision.reason,
        decision.by.member().map(TypedId::uuid),
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
