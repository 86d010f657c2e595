//! Which events tell a member something, and what: the list of alerts and the count in the navigation agree.

use crate::kernel::event::Event;
use crate::kernel::id::MemberId;
use crate::kernel::module::Registry;
use crate::modules::album::contract::{PrivateAlbumAccessAsked, PrivateAlbumAccessGranted};
use crate::modules::flirt::contract::FlirtSent;
use crate::modules::like::contract::PhotoLiked;
use crate::modules::media::contract::PhotoId;
use crate::modules::profile::contract::ProfileVisited;
use crate::modules::review::contract::{
    MemberExcluded, MemberWarned, MessageRemoved, PhotoApproved, PhotoRejected, PresentationApproved,
    PresentationRejected, ReportDismissed, ReportUpheld,
};

/// What an event means to the member who is told of it.
pub struct Alert<'a> {
    /// The member whom the alert tells.
    pub member: MemberId,
    /// Who did it; none where it was a reviewer.
    pub actor: Option<MemberId>,
    pub photo: Option<PhotoId>,
    /// What a reviewer said.
    pub reason: Option<&'a str>,
}

/// An event that makes an alert.
pub trait Alerting: Event {
    /// As stored and as in JSON.
    const KIND: &'static str;
    /// The version of the subscriptions of both that brought it, where they read its source already.
    const SINCE: i32 = 1;
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

impl Alerting for PrivateAlbumAccessAsked {
    const KIND: &'static str = "album-asked";
    const SINCE: i32 = 2;
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.owner, actor: Some(self.member), photo: None, reason: None }
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

impl Alerting for ReportUpheld {
    const KIND: &'static str = "report-upheld";
    const SINCE: i32 = 3;
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.reporter, actor: None, photo: None, reason: None }
    }
}

impl Alerting for ReportDismissed {
    const KIND: &'static str = "report-dismissed";
    const SINCE: i32 = 3;
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.reporter, actor: None, photo: None, reason: Some(&self.reason) }
    }
}

impl Alerting for MessageRemoved {
    const KIND: &'static str = "message-removed";
    const SINCE: i32 = 3;
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.member, actor: None, photo: None, reason: Some(&self.reason) }
    }
}

impl Alerting for MemberWarned {
    const KIND: &'static str = "warned";
    const SINCE: i32 = 3;
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.member, actor: None, photo: None, reason: Some(&self.reason) }
    }
}

impl Alerting for MemberExcluded {
    const KIND: &'static str = "excluded";
    const SINCE: i32 = 3;
    fn alert(&self) -> Alert<'_> {
        Alert { member: self.member, actor: None, photo: None, reason: Some(&self.reason) }
    }
}

/// Makes a listener for one such event.
pub trait Keeper {
    fn keep<E: Alerting>(at: &mut Registry);
}

/// Listens to every event that tells a member something.
pub fn listen<K: Keeper>(at: &mut Registry) {
    K::keep::<FlirtSent>(at);
    K::keep::<ProfileVisited>(at);
    K::keep::<PhotoLiked>(at);
    K::keep::<PrivateAlbumAccessAsked>(at);
    K::keep::<PrivateAlbumAccessGranted>(at);
    K::keep::<PresentationApproved>(at);
    K::keep::<PresentationRejected>(at);
    K::keep::<PhotoApproved>(at);
    K::keep::<PhotoRejected>(at);
    K::keep::<ReportUpheld>(at);
    K::keep::<ReportDismissed>(at);
    K::keep::<MessageRemoved>(at);
    K::keep::<MemberWarned>(at);
    K::keep::<MemberExcluded>(at);
}
