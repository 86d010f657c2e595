//! Remembers who has asked to see whose private album, for the button on the profile. That an ask was declined is not
//! heard here: the asker is not told.

use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::album::contract::{PrivateAlbumAccessAsked, PrivateAlbumAccessGranted};

pub(super) struct AddAsked;

impl Listener for AddAsked {
    type Event = PrivateAlbumAccessAsked;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PrivateAlbumAccessAsked>],
    ) -> Result<Applied, Failure> {
        let done = query!(
            "insert into profile.asked as kept (member, owner, at)
             select member, owner, max(at) from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as row (member, owner, at)
             group by member, owner order by member, owner
             on conflict (member, owner) do update set at = excluded.at where kept.at < excluded.at",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.owner.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}

pub(super) struct RemoveAsked;

impl Listener for RemoveAsked {
    type Event = PrivateAlbumAccessGranted;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PrivateAlbumAccessGranted>],
    ) -> Result<Applied, Failure> {
        let done = query!(
            "delete from profile.asked a using unnest($1::uuid[], $2::uuid[]) as answered (member, owner)
             where a.member = answered.member and a.owner = answered.owner",
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.owner.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
