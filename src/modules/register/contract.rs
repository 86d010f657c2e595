//! What other modules may know of `register`: its events.

#![warn(missing_docs)]

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;
use crate::shared::people::{DecidedBy, Gender, Ideal};

/// Somebody applied, for the first time or again after a rejection.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberRegistered {
    /// Who: the id stays the same when she applies again.
    pub member: MemberId,
    /// Unique among all members.
    pub nickname: String,
    /// Hers.
    pub gender: Gender,
    /// The age is computed when it is read.
    pub birthday: NaiveDate,
    /// Whom she looks for.
    pub ideal: Ideal,
    /// The town she lives in.
    pub place: String,
    /// 1, or more when she applies again.
    pub application: i32,
}

impl Event for MemberRegistered {
    const NAME: &'static str = "member-registered";
    const SOURCE: &'static str = "register";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, _: &dyn Names) -> String {
        let again = if self.application > 1 { " again" } else { "" };
        format!("{} registered{again}", self.nickname)
    }
}

/// What a member may do beyond her own affairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Decides on applications and presentations.
    Reviewer,
    /// May do everything that a reviewer may, and more to come.
    Admin,
}

impl Role {
    /// `a reviewer`
    pub fn with_article(self) -> &'static str {
        match self {
            Self::Reviewer => "a reviewer",
            Self::Admin => "an admin",
        }
    }

    /// As stored and as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Reviewer => "reviewer",
            Self::Admin => "admin",
        }
    }
}

/// A member may do more now.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleGranted {
    /// Who got it.
    pub member: MemberId,
    /// What she may do now.
    pub role: Role,
    /// Who gave it.
    pub by: DecidedBy,
}

impl Event for RoleGranted {
    const NAME: &'static str = "role-granted";
    const SOURCE: &'static str = "register";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} made {} {}", self.by.name(names), names.name(self.member), self.role.with_article())
    }
}

/// A member may do less now.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleRevoked {
    /// Who lost it.
    pub member: MemberId,
    /// What she may no longer do.
    pub role: Role,
    /// Who took it.
    pub by: DecidedBy,
}

impl Event for RoleRevoked {
    const NAME: &'static str = "role-revoked";
    const SOURCE: &'static str = "register";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} took the role {} from {}", self.by.name(names), self.role.code(), names.name(self.member))
    }
}

/// A member may not log in until she is readmitted, and is logged out everywhere.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberSuspended {
    /// Who.
    pub member: MemberId,
    /// Who decided it.
    pub by: DecidedBy,
}

impl Event for MemberSuspended {
    const NAME: &'static str = "member-suspended";
    const SOURCE: &'static str = "register";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} suspended {}", self.by.name(names), names.name(self.member))
    }
}

/// A suspended member may log in again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberReadmitted {
    /// Who.
    pub member: MemberId,
    /// Who decided it.
    pub by: DecidedBy,
}

impl Event for MemberReadmitted {
    const NAME: &'static str = "member-readmitted";
    const SOURCE: &'static str = "register";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} readmitted {}", self.by.name(names), names.name(self.member))
    }
}
