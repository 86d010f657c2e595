//! Puts uploaded photos into the queue. When a member deletes a photo that still waits, it leaves the queue.

use sqlx::query;

use super::item::{Kind, NewItem, Shown};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::media::contract::{PhotoDeleted, PhotoUploaded};

pub(super) struct AddPhoto;
pub(super) struct WithdrawPhoto;

impl Listener for AddPhoto {
    type Event = PhotoUploaded;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoUploaded>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let PhotoUploaded { member, photo, alt, .. } = &fact.event;
            let shown = Shown { item: fact.id, photo: *photo, alt };
            let item = NewItem { id: fact.id, kind: Kind::Photo, member: *member, at: fact.at };
            // One that was decided on before it came does not wait any more.
            if shown.add(tx).await? && item.add(tx).await? {
                rows += 1;
            }
        }
        Ok(Applied::rows(rows))
    }
}

impl Listener for WithdrawPhoto {
    type Event = PhotoDeleted;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoDeleted>]) -> Result<Applied, Failure> {
        let photos: Vec<_> = facts.iter().map(|fact| fact.event.photo.uuid()).collect();
        let done = query!(
            "update review.item set decision = 'withdrawn'
             where decision is null and item in (select item from review.item_photo where photo = any($1))",
            &photos
        );
        Ok(Applied::rows(done.execute(tx.conn()).await?.rows_affected()))
    }
}
