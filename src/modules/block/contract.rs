//! What other modules may know of `block`.

#![warn(missing_docs)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;

/// A member wants nothing more to do with another: the two see each other nowhere.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberBlocked {
    /// Who blocks.
    pub member: MemberId,
    /// Whom.
    pub blocked: MemberId,
}

impl Event for MemberBlocked {
    const NAME: &'static str = "member-blocked";
    const SOURCE: &'static str = "block";

    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.member, self.blocked]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} blocked {}", names.name(self.member), names.name(self.blocked))
    }
}

/// The block is taken back: what was there before shows again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberUnblocked {
    /// Who had blocked.
    pub member: MemberId,
    /// Whom.
    pub unblocked: MemberId,
}

impl Event for MemberUnblocked {
    const NAME: &'static str = "member-unblocked";
    const SOURCE: &'static str = "block";

    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.member, self.unblocked]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} unblocked {}", names.name(self.member), names.name(self.unblocked))
    }
}
