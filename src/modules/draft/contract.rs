//! What other modules may know of `draft`.

#![warn(missing_docs)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;
use crate::shared::facts::Facts;

/// A member sent a presentation to review. It takes the place of one that waits; what is public stays public until a
/// reviewer approves this one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DraftPresentationUpdated {
    /// Who.
    pub member: MemberId,
    /// The whole text.
    pub text: String,
}

impl Event for DraftPresentationUpdated {
    const NAME: &'static str = "draft-presentation-updated";
    const SOURCE: &'static str = "draft";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} sent a presentation to review", names.name(self.member))
    }
}

/// A member told facts about herself from closed lists. They are public at once, and take the place of all she told
/// before.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DraftFactsUpdated {
    /// Who.
    pub member: MemberId,
    /// All of them; what is left out she would rather not say.
    pub facts: Facts,
}

impl Event for DraftFactsUpdated {
    const NAME: &'static str = "draft-facts-updated";
    const SOURCE: &'static str = "draft";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} told facts about herself", names.name(self.member))
    }
}
