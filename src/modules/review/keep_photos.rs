//! Writes decisions on photos down. One that nobody here has waited for is written down, too; the same one again is
//! nothing new.

use sqlx::query;

use super::contract::{PhotoApproved, PhotoRejected};
use super::item::{Decision, Kind, NewItem};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::media::contract::PhotoId;

pub(super) struct KeepPhotoApprovals;

impl Listener for KeepPhotoApprovals {
    type Event = PhotoApproved;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoApproved>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let PhotoApproved { member, photo, by, alt } = &fact.event;
            let decision = Decision { reason: None, by: *by, at: fact.at };
            rows += keep(tx, Shown { member: *member, photo: *photo, alt }, &decision, fact.id).await?;
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
            rows += keep(tx, Shown { member: *member, photo: *photo, alt: "" }, &decision, fact.id).await?;
        }
        Ok(Applied::rows(rows))
    }
}

struct Shown<'a> {
    member: MemberId,
    photo: PhotoId,
    /// Where it has waited, the queue has it already.
    alt: &'a str,
}

/// `id` is the item's where nobody waited.
async fn keep(tx: &mut Tx, asked: Shown<'_>, decision: &Decision<'_>, id: EventId) -> Result<u64, Failure> {
    let Shown { member, photo, alt } = asked;
    let known = query!(
        "select i.item, i.decision from review.item i join review.item_photo p on p.item = i.item
         where p.photo = $1 for update of i",
        photo.uuid()
    );
    match known.fetch_optional(tx.conn()).await? {
        // Deleted before, or the same again.
        Some(known)
            if known.decision.as_deref().is_some_and(|it| it == "withdrawn" || it == decision.name()) =>
        {
            Ok(0)
        }
        Some(known) => decision.write(tx, &[known.item]).await,
        None => {
            let item = NewItem { id, kind: Kind::Photo, member, at: decision.at };
            if !item.add_decided(tx, decision).await? {
                return Ok(0);
            }
            query!(
                "insert into review.item_photo (item, photo, alt) values ($1, $2, $3)",
                id.uuid(),
                photo.uuid(),
                alt
            )
            .execute(tx.conn())
            .await?;
            Ok(1)
        }
    }
}
