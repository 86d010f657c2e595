//! Writes decisions on presentations down, of the text that was read. One that nobody here has waited for is written
//! down, too; the same one again is nothing new.

use chrono::{DateTime, Utc};
use sqlx::query;

use super::contract::{ItemId, PresentationApproved, PresentationRejected};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::shared::people::DecidedBy;

pub(super) struct KeepPresentationApprovals;

impl Listener for KeepPresentationApprovals {
    type Event = PresentationApproved;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PresentationApproved>],
    ) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let PresentationApproved { member, text, by } = &fact.event;
            let decision = Decision {
                id: ItemId::of(fact.id.uuid()),
                member: *member,
                text,
                reason: None,
                by: *by,
                at: fact.at,
            };
            rows += decision.keep(tx).await?;
        }
        Ok(Applied::rows(rows))
    }
}

pub(super) struct KeepPresentationRejections;

impl Listener for KeepPresentationRejections {
    type Event = PresentationRejected;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PresentationRejected>],
    ) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let PresentationRejected { member, text, reason, by } = &fact.event;
            let decision = Decision {
                id: ItemId::of(fact.id.uuid()),
                member: *member,
                text,
                reason: Some(reason),
                by: *by,
                at: fact.at,
            };
            rows += decision.keep(tx).await?;
        }
        Ok(Applied::rows(rows))
    }
}

/// An approval has no reason.
struct Decision<'a> {
    /// The item's, where nobody waited.
    id: ItemId,
    member: MemberId,
    text: &'a str,
    reason: Option<&'a str>,
    by: DecidedBy,
    at: DateTime<Utc>,
}

impl Decision<'_> {
    fn name(&self) -> &'static str {
        if self.reason.is_some() { "rejected" } else { "approved" }
    }

    async fn keep(&self, tx: &mut Tx) -> Result<u64, Failure> {
        let decided = query!(
            "update review.item set decision = $3, reason = $4, decided_by = $5, decided_at = $6
             where member = $1 and kind = 'presentation' and text = $2 and decision is null",
            self.member.uuid(),
            self.text,
            self.name(),
            self.reason,
            self.by.member().map(TypedId::uuid),
            self.at
        )
        .execute(tx.conn())
        .await?;
        if decided.rows_affected() > 0 {
            return Ok(decided.rows_affected());
        }
        let added = query!(
            "insert into review.item (kind, item, member, text, at, decision, reason, decided_by, decided_at)
             select 'presentation', $7, $1, $2, $6, $3, $4, $5, $6
             where not exists (
                 select from (select text, decision from review.item
                              where member = $1 and kind = 'presentation' and decision in ('approved', 'rejected')
                              order by decided_at desc, item desc limit 1) as last
                 where last.text = $2 and last.decision = $3)
             on conflict do nothing",
            self.member.uuid(),
            self.text,
            self.name(),
            self.reason,
            self.by.member().map(TypedId::uuid),
            self.at,
            self.id.uuid()
        )
        .execute(tx.conn())
        .await?;
        Ok(added.rows_affected())
    }
}
