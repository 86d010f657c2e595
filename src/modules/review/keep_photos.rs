//! Writes decisions on photos down. One that nobody here has waited for is written down, too; the same one again is
//! nothing new.

use sqlx::query;

use super::contract::{PhotoApproved, PhotoRejected};
use super::item::{Decision, Kind, NewItem, Shown};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;

pub(super) struct KeepPhotoApprovals;

impl Listener for KeepPhotoApprovals {
    type Event = PhotoApproved;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoApproved>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let PhotoApproved { member, photo, by, alt } = &fact.event;
            let decision = Decision { reason: None, by: *by, at: fact.at };
            rows += keep(tx, *member, Shown { item: fact.id, photo: *photo, alt }, &decision).await?;
        }
        Ok(Applied::rows(rows))
    }
}

pub(super) struct KeepPhotoRejections;

impl Listener for KeepPhotoRejections {
    type Event = PhotoRejected;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoRejected>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let PhotoRejected { member, photo, reason, by } = &fact.event;
            let decision = Decision { reason: Some(reason), by: *by, at: fact.at };
            rows += keep(tx, *member, Shown { item: fact.id, photo: *photo, alt: "" }, &decision).await?;
        }
        Ok(Applied::rows(rows))
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
            if known.decision.as_deref().is_some_and(|it| it == "withdrawn" || it == decision.name()) =>
        {
            Ok(0)
        }
        Some(known) => decision.write(tx, &[known.item]).await,
        None => Ok(0),
    }
}
