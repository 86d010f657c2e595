//! Writes decisions on applications down. The first one counts: a second finds nothing that waits, and is not published.

use sqlx::query_scalar;

use super::contract::{RegistrationApproved, RegistrationRejected};
use super::item::Decision;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;

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
            let decision = Decision { reason: None, by: fact.event.by, at: fact.at };
            rows += keep(tx, fact.event.member, &decision).await?;
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
            let decision = Decision { reason: Some(reason), by: *by, at: fact.at };
            rows += keep(tx, *member, &decision).await?;
        }
        Ok(Applied::rows(rows))
    }
}

async fn keep(tx: &mut Tx, member: MemberId, decision: &Decision<'_>) -> Result<u64, Failure> {
    let waiting = query_scalar!(
        "select item from review.item where member = $1 and kind = 'registration' and decision is null",
        member.uuid()
    );
    let waiting = waiting.fetch_all(tx.conn()).await?;
    decision.write(tx, &waiting).await
}
