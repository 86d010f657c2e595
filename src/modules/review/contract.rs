//! What other modules may know of `review`: its decisions.

#![warn(missing_docs)]

mod reports;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;
use crate::modules::media::contract::PhotoId;
use crate::shared::people::{DecidedBy, Gender, Ideal};

pub use self::reports::{
    ExclusionLifted, MemberExcluded, MemberWarned, MessageRemoved, ReportDismissed, ReportUpheld,
};

crate::typed_id! {
    /// Something that a reviewer decides on.
    ItemId;
}

/// A registered member became a full one. Carries who she is, for everybody's copies.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationApproved {
    /// Who.
    pub member: MemberId,
    /// Never changes from now on.
    pub nickname: String,
    /// Hers.
    pub gender: Gender,
    /// The age is computed when it is read.
    pub birthday: NaiveDate,
    /// Whom she looks for.
    pub ideal: Ideal,
    /// The town she lives in.
    pub place: String,
    /// Who decided.
    pub by: DecidedBy,
}

impl Event for RegistrationApproved {
    const NAME: &'static str = "registration-approved";
    const SOURCE: &'static str = "review";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        let age = names.age(self.birthday);
        format!(
            "Approved '{}' {} {age}, looking for {}",
            self.nickname,
            self.gender.letter(),
            self.ideal.short()
        )
    }
}

/// An application was refused. She may apply again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationRejected {
    /// Who.
    pub member: MemberId,
    /// What she is told.
    pub reason: String,
    /// Who decided.
    pub by: DecidedBy,
}

impl Event for RegistrationRejected {
    const NAME: &'static str = "registration-rejected";
    const SOURCE: &'static str = "review";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!(
            "{} rejected the registration of {}: \"{}\"",
            self.by.name(names),
            names.name(self.member),
            self.reason
        )
    }
}

/// What a member wrote about herself is public now.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresentationApproved {
    /// Whose.
    pub member: MemberId,
    /// The whole new text.
    pub text: String,
    /// Who decided.
    pub by: DecidedBy,
}

impl Event for PresentationApproved {
    const NAME: &'static str = "presentation-approved";
    const SOURCE: &'static str = "review";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} approved the presentation of {}", self.by.name(names), names.name(self.member))
    }
}

/// What a member wrote about herself stays private.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresentationRejected {
    /// Whose.
    pub member: MemberId,
    /// The text that was rejected; she may have sent another one since.
    pub text: String,
    /// What she is told.
    pub reason: String,
    /// Who decided.
    pub by: DecidedBy,
}

impl Event for PresentationRejected {
    const NAME: &'static str = "presentation-rejected";
    const SOURCE: &'static str = "review";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!(
            "{} rejected the presentation of {}: \"{}\"",
            self.by.name(names),
            names.name(self.member),
            self.reason
        )
    }
}

/// A photo may be shown: to all members, or where its owner keeps it in her private album, to those whom she lets in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhotoApproved {
    /// Whose.
    pub member: MemberId,
    /// Which.
    pub photo: PhotoId,
    /// What is to be seen, in her words, which the reviewer has read. Empty where she has said nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub alt: String,
    /// Who decided.
    pub by: DecidedBy,
}

impl Event for PhotoApproved {
    const NAME: &'static str = "photo-approved";
    const SOURCE: &'static str = "review";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} approved a photo of {}", self.by.name(names), names.name(self.member))
    }
}

/// A photo stays private.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhotoRejected {
    /// Whose.
    pub member: MemberId,
    /// Which.
    pub photo: PhotoId,
    /// What she is told.
    pub reason: String,
    /// Who decided.
    pub by: DecidedBy,
}

impl Event for PhotoRejected {
    const NAME: &'static str = "photo-rejected";
    const SOURCE: &'static str = "review";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!(
            "{} rejected a photo of {}: \"{}\"",
            self.by.name(names),
            names.name(self.member),
            self.reason
        )
    }
}
