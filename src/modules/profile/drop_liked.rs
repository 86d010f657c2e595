//! A photo that is deleted is on no profile any more, and takes its likes with it.

use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::media::contract::PhotoDeleted;
use crate::shared::photos::RemovePhotos;

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
