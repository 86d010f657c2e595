//! What other modules may know of `alerts`.

#![warn(missing_docs)]

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::{EventId, MemberId};

/// A member has seen her alerts, up to this one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertRead {
    /// Who.
    pub member: MemberId,
    /// The newest alert that she has seen: the event that it tells of.
    pub up_to: EventId,
    /// When that event happened.
    pub at: DateTime<Utc>,
}

impl Event for AlertRead {
    const NAME: &'static str = "alert-read";
    const SOURCE: &'static str = "alerts";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} read the alerts", names.name(self.member))
    }
}
