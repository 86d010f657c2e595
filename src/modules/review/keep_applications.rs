//! Which application a decision is about. The first one counts: a second finds nothing that waits, and is not published.

use sqlx::query_scalar;

use super::contract::{RegistrationApproved, RegistrationRejected};
use super::decides::Decides;
use super::item::Decision;
use crate::kernel::event::Recorded;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::shared::people::DecidedBy;

impl Decides for RegistrationApproved {
    const DECISION: &'static str = "approved";

    fn verdict(&self) -> (DecidedBy, Option<&str>) {
        (self.by, None)
    }

    async fn keep(fact: &Recorded<Self>, tx: &mut Tx, decision: &Decision<'_>) -> Result<u64, Failure> {
        keep(tx, fact.event.member, decision).await
    }
}

impl Decides for RegistrationRejected {
    const DECISION: &'static str = "rejected";

    fn verdict(&self) -> (DecidedBy, Option<&str>) {
        (self.by, Some(&self.reason))
    }

    async fn keep(fact: &Recorded<Self>, tx: &mut Tx, decision: &Decision<'_>) -> Result<u64, Failure> {
        keep(tx, fact.event.member, decision).await
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
