//! What other modules may know of `interest`.

#![warn(missing_docs)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;
use crate::shared::interests::InterestId;

/// A member picked her interests. They are public at once, and take the place of those before.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InterestsUpdated {
    /// Who.
    pub member: MemberId,
    /// All of them, each once: at most 15.
    pub interests: Vec<InterestId>,
}

impl Event for InterestsUpdated {
    const NAME: &'static str = "interests-updated";
    const SOURCE: &'static str = "interest";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} picked {} interests", names.name(self.member), self.interests.len())
    }
}
