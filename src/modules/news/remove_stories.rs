//! A photo that is gone is no news. One that is approved later than it was deleted never becomes any.

use sqlx::query_scalar;

use super::stories;
use crate::event::{Applied, Listener, Recorded};
use crate::failure::Failure;
use crate::id::TypedId;
use crate::modules::media::contract::PhotoDeleted;
use crate::tx::Tx;

pub(super) struct RemoveStories;

impl Listener for RemoveStories {
    type Event = PhotoDeleted;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoDeleted>]) -> Result<Applied, Failure> {
        let removed = query_scalar!(
            "delete from news.story where photo = any($1) returning member",
            &facts.iter().map(|fact| fact.event.photo.uuid()).collect::<Vec<_>>()
        )
        .fetch_all(tx.conn())
        .await?;
        stories::removed(tx, &removed).await?;
        Ok(Applied::any(&removed))
    }
}
