//! Who liked a photo is told no more once it is deleted. What reviewers said about it stays.

use sqlx::query_scalar;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::media::contract::PhotoDeleted;
use crate::shared::photos::RemovePhotos;
use crate::shared::versions;

pub(super) struct DropLikes(pub(super) RemovePhotos);

impl Listener for DropLikes {
    type Event = PhotoDeleted;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoDeleted>]) -> Result<Applied, Failure> {
        // The mark keeps out likes that come later: they have another source.
        let marked = self.0.handle(tx, facts).await?;
        let told = query_scalar!(
            r#"delete from alerts.alert where photo = any($1) and actor is not null
               returning member as "member: MemberId""#,
            &facts.iter().map(|fact| fact.event.photo.uuid()).collect::<Vec<_>>()
        )
        .fetch_all(tx.conn())
        .await?;
        let applied = if marked.changed() { marked } else { Applied::any(&told) };
        versions::bump(tx, told).await?;
        Ok(applied)
    }
}
