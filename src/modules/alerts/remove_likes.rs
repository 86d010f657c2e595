//! A like that is taken back leaves no alert behind.

use sqlx::query_scalar;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::like::contract::PhotoUnliked;
use crate::shared::versions;

pub(super) struct RemoveLikes;

impl Listener for RemoveLikes {
    type Event = PhotoUnliked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoUnliked>]) -> Result<Applied, Failure> {
        let told = query_scalar!(
            r#"delete from alerts.alert a using unnest($1::uuid[], $2::uuid[]) as gone (photo, actor)
             where a.photo = gone.photo and a.actor = gone.actor
             returning a.member as "member: MemberId""#,
            &facts.iter().map(|fact| fact.event.photo.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>()
        )
        .fetch_all(tx.conn())
        .await?;
        let applied = Applied::any(&told);
        versions::bump(tx, told).await?;
        Ok(applied)
    }
}
