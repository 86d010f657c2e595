//! Writes the lists of favourites down.

use sqlx::query;

use super::contract::{FavoriteMarked, FavoriteUnmarked};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

pub(super) struct AddFavorite;

impl Listener for AddFavorite {
    type Event = FavoriteMarked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<FavoriteMarked>]) -> Result<Applied, Failure> {
        let done = query!(
            "insert into favorite.favorite (member, favorite, at)
             select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) on conflict do nothing",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.favorite.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>()
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
            "delete from favorite.favorite f using unnest($1::uuid[], $2::uuid[]) as gone (member, favorite)
             where f.member = gone.member and f.favorite = gone.favorite",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.favorite.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
