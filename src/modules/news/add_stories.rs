//! Turns what members did into stories.

use std::collections::BTreeMap;

use sqlx::query;

use super::stories::{self, Done};
use crate::kernel::event::{Applied, Event, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::media::contract::PhotoId;
use crate::modules::review::contract::{PhotoApproved, PresentationApproved, RegistrationApproved};

fn story<E: Event>(fact: &Recorded<E>, member: MemberId, photo: Option<PhotoId>) -> Done {
    Done { story: fact.id, member, photo, at: fact.at }
}

/// She joined, and what was heard of her before is shown from now on.
pub(super) struct AddJoined;

impl Listener for AddJoined {
    type Event = RegistrationApproved;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<RegistrationApproved>],
    ) -> Result<Applied, Failure> {
        let members: Vec<_> = facts.iter().map(|fact| fact.event.member.uuid()).collect();
        let completed = stories::complete(tx, &members).await?;
        let joined: Vec<_> = facts.iter().map(|fact| story(fact, fact.event.member, None)).collect();
        let added = stories::add(tx, "joined", &joined).await?;
        Ok(if completed.changed() { completed } else { added })
    }
}

pub(super) struct AddPhotoStories;

impl Listener for AddPhotoStories {
    type Event = PhotoApproved;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoApproved>]) -> Result<Applied, Failure> {
        let photos: Vec<_> =
            facts.iter().map(|fact| story(fact, fact.event.member, Some(fact.event.photo))).collect();
        stories::add(tx, "photo", &photos).await
    }
}

/// Of her presentations the newest is news, and the one before no longer.
pub(super) struct AddPresentations;

impl Listener for AddPresentations {
    type Event = PresentationApproved;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PresentationApproved>],
    ) -> Result<Applied, Failure> {
        let newest: BTreeMap<_, _> = facts
            .iter()
            .map(|fact| (fact.event.member.uuid(), story(fact, fact.event.member, None)))
            .collect();
        let newest: Vec<Done> = newest.into_values().collect();
        query!(
            "delete from news.story s
             using unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as newer (story, member, at)
             where s.member = newer.member and s.kind = 'presentation' and (s.at, s.story) < (newer.at, newer.story)",
            &newest.iter().map(|story| story.story.uuid()).collect::<Vec<_>>(),
            &newest.iter().map(|story| story.member.uuid()).collect::<Vec<_>>(),
            &newest.iter().map(|story| story.at).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        stories::add(tx, "presentation", &newest).await
    }
}
