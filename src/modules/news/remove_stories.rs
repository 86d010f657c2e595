//! A photo that is gone is no news. One that is approved later than it was deleted never becomes any.

use sqlx::query_scalar;

use super::stories;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::media::contract::PhotoDeleted;

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
