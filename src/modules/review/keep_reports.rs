//! Which report a decision is about. One that has not come here yet is written down, too.

use super::contract::{ReportDismissed, ReportUpheld};
use super::decides::Decides;
use super::item::{Decision, Kind, NewItem};
use super::report;
use crate::kernel::event::Recorded;
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::shared::people::DecidedBy;

impl Decides for ReportUpheld {
    const DECISION: &'static str = "upheld";

    fn verdict(&self) -> (DecidedBy, Option<&str>) {
        (self.by, None)
    }

    async fn keep(fact: &Recorded<Self>, tx: &mut Tx, decision: &Decision<'_>) -> Result<u64, Failure> {
        let ReportUpheld { report, reporter, member, .. } = &fact.event;
        keep(tx, EventId::of(report.uuid()), (*reporter, *member), decision).await
    }
}

impl Decides for ReportDismissed {
    const DECISION: &'static str = "dismissed";

    fn verdict(&self) -> (DecidedBy, Option<&str>) {
        (self.by, Some(&self.reason))
    }

    async fn keep(fact: &Recorded<Self>, tx: &mut Tx, decision: &Decision<'_>) -> Result<u64, Failure> {
        let ReportDismissed { report, reporter, member, .. } = &fact.event;
        keep(tx, EventId::of(report.uuid()), (*reporter, *member), decision).await
    }
}

/// The first decision counts.
async fn keep(
    tx: &mut Tx,
    id: EventId,
    (reporter, member): (MemberId, MemberId),
    decision: &Decision<'_>,
) -> Result<u64, Failure> {
    let item = NewItem { id, kind: Kind::Report, member, at: decision.at };
    let new = item.add_decided(tx, decision).await?;
    let rows = if new { 1 } else { decision.write_if_waiting(tx, id).await? };
    if rows > 0 {
        report::count(tx, reporter, decision.name == ReportUpheld::DECISION).await?;
        report::rank(tx, reporter).await?;
    }
    Ok(rows)
}
