//! A photo that is deleted is on no profile any more, and takes its likes with it.

use sqlx::query;

use crate::event::{Applied, Listener, Recorded};
use crate::failure::Failure;
use crate::id::TypedId;
use crate::modules::media::contract::PhotoDeleted;
use crate::shared::photos::RemovePhotos;
use crate::tx::Tx;

pub(super) struct DropLiked(pub(super) RemovePhotos);

impl Listener for DropLiked {
    type Event = PhotoDeleted;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoDeleted>]) -> Result<Applied, Failure> {
        let marked = self.0.handle(tx, facts).await?;
        let dropped = query!(
            "delete from profile.liked where photo = any($1)",
            &facts.iter().map(|fact| fact.event.photo.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(if marked.changed() { marked } else { Applied::rows(dropped.rows_affected()) })
    }
}
