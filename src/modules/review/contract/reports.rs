//! What became of reports, and what reviewers do about members.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ItemId;
use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;
use crate::modules::media::contract::PhotoId;
use crate::shared::people::DecidedBy;

/// A report was right: a reviewer has done something about it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportUpheld {
    /// Which one: the id of the event that reported.
    pub report: ItemId,
    /// Who reported.
    pub reporter: MemberId,
    /// Whom.
    pub member: MemberId,
    /// Which photo, where it was about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<PhotoId>,
    /// Who decided.
    pub by: DecidedBy,
}

/// A reviewer sees nothing in a report that is against the rules.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportDismissed {
    /// Which one: the id of the event that reported.
    pub report: ItemId,
    /// Who reported.
    pub reporter: MemberId,
    /// Whom.
    pub member: MemberId,
    /// Which photo, where it was about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<PhotoId>,
    /// What the reporter is told.
    pub reason: String,
    /// Who decided.
    pub by: DecidedBy,
}

/// A reviewer removed a message: its text is shown to nobody any more.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageRemoved {
    /// Who wrote it.
    pub member: MemberId,
    /// To whom.
    pub to: MemberId,
    /// Its number in the conversation of the two.
    pub number: i64,
    /// What its writer is told.
    pub reason: String,
    /// Who decided.
    pub by: DecidedBy,
}

/// A reviewer warned a member.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberWarned {
    /// Who.
    pub member: MemberId,
    /// What she is told.
    pub reason: String,
    /// Who decided.
    pub by: DecidedBy,
}

/// A reviewer excluded a member for some days, or for good. Every login of hers ends. Who is excluded for good is shown
/// to nobody any more.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberExcluded {
    /// Who.
    pub member: MemberId,
    /// Until when she cannot log in; none where it is for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// What she is told when she tries.
    pub reason: String,
    /// Who decided.
    pub by: DecidedBy,
}

/// An excluded member may come back, and is shown again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExclusionLifted {
    /// Who.
    pub member: MemberId,
    /// Who decided.
    pub by: DecidedBy,
}

impl Event for ReportUpheld {
    const NAME: &'static str = "report-upheld";
    const SOURCE: &'static str = "review";

    fn key(&self) -> MemberId {
        self.reporter
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.reporter, self.member]
    }
    fn describe(&self, names: &dyn Names) -> String {
        let by = self.by.name(names);
        format!("{by} upheld a report of {} on {}", names.name(self.reporter), names.name(self.member))
    }
}

impl Event for ReportDismissed {
    const NAME: &'static str = "report-dismissed";
    const SOURCE: &'static str = "review";

    fn key(&self) -> MemberId {
        self.reporter
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.reporter, self.member]
    }
    fn describe(&self, names: &dyn Names) -> String {
        let (by, reporter) = (self.by.name(names), names.name(self.reporter));
        format!("{by} dismissed a report of {reporter} on {}: \"{}\"", names.name(self.member), self.reason)
    }
}

impl Event for MessageRemoved {
    const NAME: &'static str = "message-removed";
    const SOURCE: &'static str = "review";

    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.member, self.to]
    }
    fn describe(&self, names: &dyn Names) -> String {
        let (member, to) = (names.name(self.member), names.name(self.to));
        format!("{} removed message {} of {member} to {to}", self.by.name(names), self.number)
    }
}

impl Event for MemberWarned {
    const NAME: &'static str = "member-warned";
    const SOURCE: &'static str = "review";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} warned {}: \"{}\"", self.by.name(names), names.name(self.member), self.reason)
    }
}

impl Event for MemberExcluded {
    const NAME: &'static str = "member-excluded";
    const SOURCE: &'static str = "review";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        let until = self.until.map_or_else(|| "for good".to_owned(), |until| format!("until {until}"));
        let member = names.name(self.member);
        format!("{} excluded {member} {until}: \"{}\"", self.by.name(names), self.reason)
    }
}

impl Event for ExclusionLifted {
    const NAME: &'static str = "exclusion-lifted";
    const SOURCE: &'static str = "review";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} let {} come back", self.by.name(names), names.name(self.member))
    }
}
