//! A like that is taken back leaves no alert behind.

use sqlx::query;

use crate::event::{Applied, Fact, Listener};
use crate::failure::Failure;
use crate::id::TypedId;
use crate::modules::like::contract::PhotoUnliked;
use crate::tx::Tx;

pub(super) struct RemoveLikes;

impl Listener for RemoveLikes {
    type Event = PhotoUnliked;

    async fn handle(&self, tx: &mut Tx, facts: &[Fact<PhotoUnliked>]) -> Result<Applied, Failure> {
        let done = query!(
            "delete from alerts.alert a using unnest($1::uuid[], $2::uuid[]) as gone (photo, actor)
             where a.photo = gone.photo and a.actor = gone.actor",
            &facts.iter().map(|fact| fact.event.photo.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
