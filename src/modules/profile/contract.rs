//! What other modules may know of `profile`.

#![warn(missing_docs)]

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;

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
