//! Writes down which photos there are, in which order and which album, and what reviewers said of them.

use sqlx::query;

use super::contract::{PhotoDeleted, PhotoUploaded, PhotosArranged};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::review::contract::{PhotoApproved, PhotoRejected};

pub(super) struct KeepUploaded;
pub(super) struct KeepOrder;
pub(super) struct KeepDeleted;
pub(super) struct KeepApproved;
pub(super) struct KeepRejected;

impl Listener for KeepUploaded {
    type Event = PhotoUploaded;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoUploaded>]) -> Result<Applied, Failure> {
        let events = || facts.iter().map(|fact| &fact.event);
        let done = query!(
            "insert into media.upload (photo, member, alt, width, height, blur, at)
             select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::int[], $6::text[],
                                  $7::timestamptz[]) as sent (photo)
             where not exists (select from media.deleted d where d.photo = sent.photo)
             on conflict do nothing",
            &events().map(|e| e.photo.uuid()).collect::<Vec<_>>(),
            &events().map(|e| e.member.uuid()).collect::<Vec<_>>(),
            &events().map(|e| e.alt.clone()).collect::<Vec<_>>(),
            &events().map(|e| e.width).collect::<Vec<_>>(),
            &events().map(|e| e.height).collect::<Vec<_>>(),
            &events().map(|e| e.blur.clone()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}

impl Listener for KeepOrder {
    type Event = PhotosArranged;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotosArranged>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        // The later one wins, whole.
        for fact in facts {
            let done = query!(
                "insert into media.arrangement as known (member, photos, private) values ($1, $2, $3)
                 on conflict (member) do update set photos = excluded.photos, private = excluded.private
                 where (known.photos, known.private) <> (excluded.photos, excluded.private)",
                fact.event.member.uuid(),
                &fact.event.photos.iter().map(|photo| photo.uuid()).collect::<Vec<_>>(),
                &fact.event.private.iter().map(|photo| photo.uuid()).collect::<Vec<_>>()
            )
            .execute(tx.conn())
            .await?;
            rows += done.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}

impl Listener for KeepDeleted {
    type Event = PhotoDeleted;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoDeleted>]) -> Result<Applied, Failure> {
        let photos: Vec<_> = facts.iter().map(|fact| fact.event.photo.uuid()).collect();
        query!("delete from media.upload where photo = any($1)", &photos).execute(tx.conn()).await?;
        let done = query!(
            "insert into media.deleted (photo) select distinct * from unnest($1::uuid[]) on conflict do nothing",
            &photos
        );
        Ok(Applied::rows(done.execute(tx.conn()).await?.rows_affected()))
    }
}

impl Listener for KeepApproved {
    type Event = PhotoApproved;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoApproved>]) -> Result<Applied, Failure> {
        let photos: Vec<_> = facts.iter().map(|fact| fact.event.photo.uuid()).collect();
        let done = query!(
            "update media.upload set state = 'approved', reason = null
             where photo = any($1) and state <> 'approved'",
            &photos
        );
        Ok(Applied::rows(done.execute(tx.conn()).await?.rows_affected()))
    }
}

impl Listener for KeepRejected {
    type Event = PhotoRejected;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoRejected>]) -> Result<Applied, Failure> {
        let events = || facts.iter().map(|fact| &fact.event);
        let done = query!(
            "update media.upload p set state = 'rejected', reason = said.reason
             from unnest($1::uuid[], $2::text[]) as said (photo, reason)
             where p.photo = said.photo and (p.state <> 'rejected' or p.reason <> said.reason)",
            &events().map(|e| e.photo.uuid()).collect::<Vec<_>>(),
            &events().map(|e| e.reason.clone()).collect::<Vec<_>>()
        );
        Ok(Applied::rows(done.execute(tx.conn()).await?.rows_affected()))
    }
}
