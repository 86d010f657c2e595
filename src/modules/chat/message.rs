//! A message, as programs read it and as pages show it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

/// What is read in the place of a message that a reviewer has removed.
pub(super) const REMOVED: &str = "A reviewer has removed this message.";

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
    /// True where a reviewer has removed what was written: the text says so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) removed: bool,
    /// Of hers: the other one has read it. Of the other's: she has.
    pub(super) read: bool,
}
