//! What other modules may know of `profile`.

#![warn(missing_docs)]

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;
use crate::modules::media::contract::PhotoId;
use crate::shared::reports::Cause;

/// One member looked at the profile of another. At most one an hour and pair.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileVisited {
    /// Who looked.
    pub visitor: MemberId,
    /// At whom.
    pub member: MemberId,
}

impl Event for ProfileVisited {
    const NAME: &'static str = "profile-visited";
    const SOURCE: &'static str = "profile";
    /// Who looked last winter matters to nobody, and there are many of these.
    const RETENTION: Option<TimeDelta> = Some(TimeDelta::days(180));

    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.visitor, self.member]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} visited the profile of {}", names.name(self.visitor), names.name(self.member))
    }
}

/// A member reported the profile of another, or one of its photos. Carries what was to be seen.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileReported {
    /// Who reported.
    pub reporter: MemberId,
    /// Whose profile it is.
    pub member: MemberId,
    /// Which photo; none where it is the whole profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<PhotoId>,
    /// What the profile said, or the photo's description; empty where that is nothing.
    pub text: String,
    /// What is wrong.
    pub cause: Cause,
    /// What the reporter adds; empty where that is nothing.
    pub words: String,
}

impl Event for ProfileReported {
    const NAME: &'static str = "profile-reported";
    const SOURCE: &'static str = "profile";

    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.reporter, self.member]
    }
    fn describe(&self, names: &dyn Names) -> String {
        let (reporter, member) = (names.name(self.reporter), names.name(self.member));
        let what = if self.photo.is_some() { "a photo" } else { "the profile" };
        format!("{reporter} reported {what} of {member}: {}", self.cause.code())
    }
}
