//! Writes likes down, as long as the photo is there.

use sqlx::query;

use super::contract::{PhotoLiked, PhotoUnliked};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

pub(super) struct AddLike;

impl Listener for AddLike {
    type Event = PhotoLiked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoLiked>]) -> Result<Applied, Failure> {
        let done = query!(
            "insert into likes.liked (member, photo, at)
             select row.member, row.photo, row.at
             from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as row (member, photo, at)
             -- A rebuild may hear of the deletion first.
             where not exists (select from likes.photo p where p.photo = row.photo and p.deleted)
             on conflict do nothing",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.photo.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}

pub(super) struct RemoveLike;

impl Listener for RemoveLike {
    type Event = PhotoUnliked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoUnliked>]) -> Result<Applied, Failure> {
        let done = query!(
            "delete from likes.liked l using unnest($1::uuid[], $2::uuid[]) as gone (member, photo)
             where l.member = gone.member and l.photo = gone.photo",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.photo.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
