//! A photo that is deleted takes its likes with it. That is nobody's decision, so nothing is published.

use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::media::contract::PhotoDeleted;
use crate::shared::photos::RemovePhotos;

pub(super) struct DropLikes(pub(super) RemovePhotos);

impl Listener for DropLikes {
    type Event = PhotoDeleted;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoDeleted>]) -> Result<Applied, Failure> {
        // The mark first: a like that is on its way holds the photo's row, and is there when this goes on.
        let marked = self.0.handle(tx, facts).await?;
        let dropped = query!(
            "delete from likes.liked where photo = any($1)",
            &facts.iter().map(|fact| fact.event.photo.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(if marked.changed() { marked } else { Applied::rows(dropped.rows_affected()) })
    }
}
