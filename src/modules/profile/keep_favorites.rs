//! Remembers whom each member has marked as a favourite, for the button on the profile.

use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::favorite::contract::{FavoriteMarked, FavoriteUnmarked};

pub(super) struct AddFavorite;

impl Listener for AddFavorite {
    type Event = FavoriteMarked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<FavoriteMarked>]) -> Result<Applied, Failure> {
        let done = query!(
            "insert into profile.favorite (member, favorite)
             select * from unnest($1::uuid[], $2::uuid[]) on conflict do nothing",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.favorite.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}

pub(super) struct RemoveFavorite;

impl Listener for RemoveFavorite {
    type Event = FavoriteUnmarked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<FavoriteUnmarked>]) -> Result<Applied, Failure> {
        let done = query!(
            "delete from profile.favorite f using unnest($1::uuid[], $2::uuid[]) as gone (member, favorite)
             where f.member = gone.member and f.favorite = gone.favorite",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.favorite.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
