//! What other modules may know of `chat`.

#![warn(missing_docs)]

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;
use crate::shared::reports::Cause;

/// One member wrote to another.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageSent {
    /// Who wrote.
    pub from: MemberId,
    /// To whom.
    pub to: MemberId,
    /// Its number in the conversation of the two, from 1 on, both directions together.
    pub number: i64,
    /// What she wrote: text, never markup.
    pub text: String,
}

/// A member wrote to somebody who has blocked her: only she sees it. Nobody but `chat` listens to this.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageWithheld {
    /// Who wrote.
    pub from: MemberId,
    /// To whom it never comes.
    pub to: MemberId,
    /// Its number in the conversation of the two.
    pub number: i64,
    /// What she wrote.
    pub text: String,
}

/// A member has read her thread with another up to a message.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberReadThread {
    /// Who read.
    pub member: MemberId,
    /// The other one of the thread.
    pub with: MemberId,
    /// The number of the last message that she has read.
    pub up_to: i64,
}

/// A member reported a message that she got. Carries the message as it was.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageReported {
    /// Who reported.
    pub reporter: MemberId,
    /// Who wrote the message.
    pub member: MemberId,
    /// The message's number in the conversation of the two.
    pub number: i64,
    /// What was written.
    pub text: String,
    /// When it was written.
    pub sent: DateTime<Utc>,
    /// What is wrong.
    pub cause: Cause,
    /// What the reporter adds; empty where that is nothing.
    pub words: String,
}

impl Event for MessageSent {
    const NAME: &'static str = "message-sent";
    const SOURCE: &'static str = "chat";

    fn key(&self) -> MemberId {
        self.to
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.from, self.to]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} wrote to {}: {}", names.name(self.from), names.name(self.to), self.text)
    }
}

impl Event for MessageWithheld {
    const NAME: &'static str = "message-withheld";
    const SOURCE: &'static str = "chat";

    fn key(&self) -> MemberId {
        self.from
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.from, self.to]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!(
            "{} wrote to {}, who never gets it: {}",
            names.name(self.from),
            names.name(self.to),
            self.text
        )
    }
}

impl Event for MemberReadThread {
    const NAME: &'static str = "member-read-thread";
    const SOURCE: &'static str = "chat";

    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.member, self.with]
    }
    fn describe(&self, names: &dyn Names) -> String {
        let (member, with) = (names.name(self.member), names.name(self.with));
        format!("{member} read the thread with {with} up to message {}", self.up_to)
    }
}

impl Event for MessageReported {
    const NAME: &'static str = "message-reported";
    const SOURCE: &'static str = "chat";

    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.reporter, self.member]
    }
    fn describe(&self, names: &dyn Names) -> String {
        let (reporter, member) = (names.name(self.reporter), names.name(self.member));
        format!("{reporter} reported message {} of {member}: {}", self.number, self.cause.code())
    }
}
