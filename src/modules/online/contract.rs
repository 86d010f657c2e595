//! What other modules may know of `online`.

#![warn(missing_docs)]

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;
use crate::shared::calendar;
use crate::shared::places::HOME;

/// A member was here. At most one a member and minute, and none of who hides.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberSeen {
    /// Who.
    pub member: MemberId,
    /// The day where she lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
}

impl MemberSeen {
    /// The day of one that was seen then. Of older events, that of the site.
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        self.day.unwrap_or_else(|| calendar::day_in(HOME, at))
    }
}

impl Event for MemberSeen {
    const NAME: &'static str = "member-seen";
    const SOURCE: &'static str = "online";
    /// By far the most frequent event, and worth nothing once a later one is there.
    const RETENTION: Option<TimeDelta> = Some(TimeDelta::days(2));

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} was here", names.name(self.member))
    }
}

/// A member hides: nobody sees that she is here, and she sees it of nobody.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OnlineHidden {
    /// Who.
    pub member: MemberId,
}

impl Event for OnlineHidden {
    const NAME: &'static str = "online-hidden";
    const SOURCE: &'static str = "online";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} hides that she is here", names.name(self.member))
    }
}

/// A member hides no longer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OnlineShown {
    /// Who.
    pub member: MemberId,
}

impl Event for OnlineShown {
    const NAME: &'static str = "online-shown";
    const SOURCE: &'static str = "online";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} shows again when she is here", names.name(self.member))
    }
}
