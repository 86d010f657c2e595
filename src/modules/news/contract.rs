//! What other modules may know of `news`.

#![warn(missing_docs)]

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::{EventId, MemberId};

/// A member has seen her news, up to this one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewsRead {
    /// Who.
    pub member: MemberId,
    /// The newest story that she has seen: the event that it tells of.
    pub up_to: EventId,
    /// When that event happened.
    pub at: DateTime<Utc>,
}

impl Event for NewsRead {
    const NAME: &'static str = "news-read";
    const SOURCE: &'static str = "news";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} read the news", names.name(self.member))
    }
}
