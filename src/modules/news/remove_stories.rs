//! A photo that is gone, or that a reviewer has removed, is no news. One that is approved later than it was deleted never
//! becomes any.

use sqlx::query_scalar;

use super::stories;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::media::contract::{PhotoDeleted, PhotoId};
use crate::modules::review::contract::PhotoRejected;

pub(super) struct RemoveDeleted;
pub(super) struct RemoveRejected;

impl Listener for RemoveDeleted {
    type Event = PhotoDeleted;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoDeleted>]) -> Result<Applied, Failure> {
        remove(tx, facts.iter().map(|fact| fact.event.photo)).await
    }
}

impl Listener for RemoveRejected {
    type Event = PhotoRejected;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoRejected>]) -> Result<Applied, Failure> {
        remove(tx, facts.iter().map(|fact| fact.event.photo)).await
    }
}

async fn remove(tx: &mut Tx, photos: impl Iterator<Item = PhotoId>) -> Result<Applied, Failure> {
    let removed = query_scalar!(
        "delete from news.story where photo = any($1) returning member",
        &photos.map(TypedId::uuid).collect::<Vec<_>>()
    )
    .fetch_all(tx.conn())
    .await?;
    stories::removed(tx, &removed).await?;
    Ok(Applied::any(&removed))
}
