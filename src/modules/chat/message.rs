//! A message, as programs read it and as pages show it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

/// One message of a thread.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Message {
    /// Counts from 1 in the conversation of the two. It is the order for both; numbers may be missing.
    pub(super) number: i64,
    /// True where the reader wrote it.
    pub(super) mine: bool,
    /// Text, never markup.
    #[schemars(length(min = 1))]
    pub(super) text: String,
    pub(super) at: DateTime<Utc>,
    /// Of hers: the other one has read it. Of the other's: she has.
    pub(super) read: bool,
}
