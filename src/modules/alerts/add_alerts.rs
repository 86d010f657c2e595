//! Turns what others did into alerts: one listener for every event that makes one.

use std::marker::PhantomData;

use sqlx::query;

use crate::event::{Applied, Event, Fact, Listener};
use crate::failure::Failure;
use crate::id::{MemberId, TypedId};
use crate::modules::album::contract::PrivateAlbumAccessGranted;
use crate::modules::flirt::contract::FlirtSent;
use crate::modules::like::contract::{PhotoId, PhotoLiked};
use crate::modules::profile::contract::ProfileVisited;
use crate::modules::review::contract::{
    PhotoApproved, PhotoRejected, PresentationApproved, PresentationRejected,
};
use crate::tx::Tx;

/// What an event means to the member who is told of it.
pub(super) struct Alert<'a> {
    member: MemberId,
    actor: Option<MemberId>,
    photo: Option<PhotoId>,
    reason: Option<&'a str>,
}

/// An event that makes an alert.
pub(super) trait Alerting: Event {
    /// As stored and as in JSON.
    const KIND: &'static str;
    fn alert(&self) -> Alert<'_>;
}

impl Alerting for FlirtSent {
    const KIND: &'static str = "flirt";
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.to, actor: Some(self.from), photo: None, reason: None }
    }
}

impl Alerting for ProfileVisited {
    const KIND: &'static str = "visit";
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.member, actor: Some(self.visitor), photo: None, reason: None }
    }
}

impl Alerting for PhotoLiked {
    const KIND: &'static str = "photo-liked";
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.owner, actor: Some(self.member), photo: Some(self.photo), reason: None }
    }
}

impl Alerting for PrivateAlbumAccessGranted {
    const KIND: &'static str = "album-opened";
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.member, actor: Some(self.owner), photo: None, reason: None }
    }
}

impl Alerting for PresentationApproved {
    const KIND: &'static str = "presentation-approved";
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.member, actor: None, photo: None, reason: None }
    }
}

impl Alerting for PresentationRejected {
    const KIND: &'static str = "presentation-rejected";
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.member, actor: None, photo: None, reason: Some(&self.reason) }
    }
}

impl Alerting for PhotoApproved {
    const KIND: &'static str = "photo-approved";
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.member, actor: None, photo: Some(self.photo), reason: None }
    }
}

impl Alerting for PhotoRejected {
    const KIND: &'static str = "photo-rejected";
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.member, actor: None, photo: Some(self.photo), reason: Some(&self.reason) }
    }
}

/// Writes alerts of one kind.
pub(super) struct AddAlerts<E>(PhantomData<fn(E)>);

impl<E> AddAlerts<E> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: Alerting> Listener for AddAlerts<E> {
    type Event = E;

    async fn handle(&self, tx: &mut Tx, facts: &[Fact<E>]) -> Result<Applied, Failure> {
        let alerts: Vec<Alert<'_>> = facts.iter().map(|fact| fact.event.alert()).collect();
        let done = query!(
            "insert into alerts.alert (alert, member, kind, actor, photo, reason, at)
             select alert, member, $1, actor, photo, reason, at
             from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::timestamptz[])
                  as row (alert, member, actor, photo, reason, at)
             on conflict (alert) do nothing",
            E::KIND,
            &facts.iter().map(|fact| fact.id.uuid()).collect::<Vec<_>>(),
            &alerts.iter().map(|alert| alert.member.uuid()).collect::<Vec<_>>(),
            &alerts.iter().map(|alert| alert.actor.map(TypedId::uuid)).collect::<Vec<_>>() as _,
            &alerts.iter().map(|alert| alert.photo.map(TypedId::uuid)).collect::<Vec<_>>() as _,
            &alerts.iter().map(|alert| alert.reason.map(str::to_owned)).collect::<Vec<_>>() as _,
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
