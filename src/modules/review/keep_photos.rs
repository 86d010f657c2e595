//! Which photo a decision is about. One that nobody here has waited for is written down, too; the same one again is
//! nothing new.

use sqlx::query;

use super::contract::{PhotoApproved, PhotoRejected};
use super::decides::Decides;
use super::item::{Decision, Kind, NewItem, Shown};
use crate::kernel::event::Recorded;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::shared::people::DecidedBy;

impl Decides for PhotoApproved {
    const DECISION: &'static str = "approved";

    fn verdict(&self) -> (DecidedBy, Option<&str>) {
        (self.by, None)
    }

    async fn keep(fact: &Recorded<Self>, tx: &mut Tx, decision: &Decision<'_>) -> Result<u64, Failure> {
        let PhotoApproved { member, photo, alt, .. } = &fact.event;
        keep(tx, *member, Shown { item: fact.id, photo: *photo, alt }, decision).await
    }
}

impl Decides for PhotoRejected {
    const DECISION: &'static str = "rejected";

    fn verdict(&self) -> (DecidedBy, Option<&str>) {
        (self.by, Some(&self.reason))
    }

    async fn keep(fact: &Recorded<Self>, tx: &mut Tx, decision: &Decision<'_>) -> Result<u64, Failure> {
        let PhotoRejected { member, photo, .. } = &fact.event;
        keep(tx, *member, Shown { item: fact.id, photo: *photo, alt: "" }, decision).await
    }
}

/// `shown` is the item where nobody waited; otherwise the queue has it already.
async fn keep(
    tx: &mut Tx,
    member: MemberId,
    shown: Shown<'_>,
    decision: &Decision<'_>,
) -> Result<u64, Failure> {
    if shown.add(tx).await? {
        let item = NewItem { id: shown.item, kind: Kind::Photo, member, at: decision.at };
        return item.add_decided(tx, decision).await.map(u64::from);
    }
    let known = query!(
        "select i.item, i.decision from review.item i join review.item_photo p on p.item = i.item
         where p.photo = $1 for update of i",
        shown.photo.uuid()
    );
    match known.fetch_optional(tx.conn()).await? {
        // Deleted before, or the same again.
        Some(known)
            if known.decision.as_deref().is_some_and(|it| it == "withdrawn" || it == decision.name) =>
        {
            Ok(0)
        }
        Some(known) => decision.write(tx, &[known.item]).await,
        None => Ok(0),
    }
}
