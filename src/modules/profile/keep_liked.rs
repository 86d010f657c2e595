//! Remembers who likes which photo, for the buttons on the profile.

use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::like::contract::{PhotoLiked, PhotoUnliked};

pub(super) struct AddLiked;

impl Listener for AddLiked {
    type Event = PhotoLiked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoLiked>]) -> Result<Applied, Failure> {
        let done = query!(
            "insert into profile.liked (member, photo)
             select row.member, row.photo from unnest($1::uuid[], $2::uuid[]) as row (member, photo)
             where not exists (select from profile.photo p where p.photo = row.photo and p.deleted)
             on conflict do nothing",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.photo.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}

pub(super) struct RemoveLiked;

impl Listener for RemoveLiked {
    type Event = PhotoUnliked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoUnliked>]) -> Result<Applied, Failure> {
        let done = query!(
            "delete from profile.liked l using unnest($1::uuid[], $2::uuid[]) as gone (member, photo)
             where l.member = gone.member and l.photo = gone.photo",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.photo.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
