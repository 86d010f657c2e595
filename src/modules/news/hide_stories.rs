//! A photo in a private album is no news. Where it comes back it is as old as its approval.

use sqlx::query_scalar;

use super::stories;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::media::contract::PhotosArranged;

pub(super) struct HideStories;

impl Listener for HideStories {
    type Event = PhotosArranged;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotosArranged>]) -> Result<Applied, Failure> {
        let members: Vec<_> = facts.iter().map(|fact| fact.event.member.uuid()).collect();
        let hidden = query_scalar!(
            "update news.story s set gender = null, birth_year = null, birthday = null, county = null, town = null
             from news.photo p
             where p.member = any($1) and p.private and s.photo = p.photo and s.gender is not null
             returning s.member",
            &members
        )
        .fetch_all(tx.conn())
        .await?;
        stories::removed(tx, &hidden).await?;
        let shown = stories::complete(tx, &members).await?;
        Ok(if hidden.is_empty() { shown } else { Applied::Changed })
    }
}
