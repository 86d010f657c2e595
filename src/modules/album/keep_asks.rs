//! Writes down who has asked to see whose album, until it is opened to her.

use sqlx::query;

use super::contract::{PrivateAlbumAccessAsked, PrivateAlbumAccessDeclined, PrivateAlbumAccessGranted};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

pub(super) struct AddAsks;

impl Listener for AddAsks {
    type Event = PrivateAlbumAccessAsked;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PrivateAlbumAccessAsked>],
    ) -> Result<Applied, Failure> {
        let done = query!(
            "insert into album.ask as kept (owner, member, at, waiting)
             select owner, member, max(at), true from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as row (owner, member, at)
             group by owner, member order by owner, member
             on conflict (owner, member) do update set at = excluded.at, waiting = true where kept.at < excluded.at",
            &facts.iter().map(|fact| fact.event.owner.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}

/// Whom an album was opened to has been answered, and may ask again if it is closed one day.
pub(super) struct RemoveAsks;

impl Listener for RemoveAsks {
    type Event = PrivateAlbumAccessGranted;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PrivateAlbumAccessGranted>],
    ) -> Result<Applied, Failure> {
        let done = query!(
            "delete from album.ask a using unnest($1::uuid[], $2::uuid[]) as answered (owner, member)
             where a.owner = answered.owner and a.member = answered.member",
            &facts.iter().map(|fact| fact.event.owner.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}

/// The owner no longer sees the ask; that there was one stays.
pub(super) struct DeclineAsks;

impl Listener for DeclineAsks {
    type Event = PrivateAlbumAccessDeclined;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PrivateAlbumAccessDeclined>],
    ) -> Result<Applied, Failure> {
        let done = query!(
            "update album.ask a set waiting = false
             from (select distinct owner, member from unnest($1::uuid[], $2::uuid[]) as row (owner, member)) as answered
             where a.owner = answered.owner and a.member = answered.member and a.waiting",
            &facts.iter().map(|fact| fact.event.owner.uuid()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.event.member.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
