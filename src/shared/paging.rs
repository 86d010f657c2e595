//! Pages of a list: `max` and `from` in; `items`, `hasMore` and `next` out. No offsets: a list may grow meanwhile.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::problem::{self, Problem};

/// Items in a page where nobody asks otherwise.
const MAX_DEFAULT: i64 = 20;
/// Items in a page at most.
pub const MAX_MOST: i64 = 100;

/// What a list refuses.
pub const REFUSALS: &[Problem] = &[problem::OUT_OF_RANGE, problem::NOT_A_CURSOR];
/// What a cursor looks like to programs: 24 bytes, of which the first are a time that Postgres can hold.
pub const CURSOR: &str = "^A[AB][A-Za-z0-9_-]{30}$";

/// The query string of a list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Items wanted; 20 where it is left out.
    #[schemars(range(min = 1, max = MAX_MOST))]
    max: Option<i64>,
    /// `next` of the page before.
    #[schemars(regex(pattern = CURSOR))]
    from: Option<String>,
}

/// A checked [`PageQuery`].
#[derive(Debug, Clone, Copy)]
pub struct Paging {
    /// Items wanted.
    pub max: i64,
    /// Items after this one, in the list's order of (time, id).
    pub from: Cursor,
}

/// A place in a list that is ordered by time and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub at: DateTime<Utc>,
    pub id: Uuid,
}

/// One page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "{T}Page")]
pub struct Listing<T> {
    pub items: Vec<T>,
    /// True where there is a next page.
    pub has_more: bool,
    /// For `from` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl PageQuery {
    /// For a list that is asked for with more than these two.
    pub fn of(max: Option<i64>, from: Option<String>) -> Self {
        Self { max, from }
    }

    /// As many as one page may have.
    pub fn most() -> Self {
        Self { max: Some(MAX_MOST), from: None }
    }

    /// For a list with the newest first. Refuses what is out of range, or is no cursor of ours.
    ///
    /// # Errors
    /// 422 if `max` or `from` is out of range or no cursor.
    pub fn parse(&self) -> Result<Paging, Failure> {
        self.starting_at(Cursor::newest())
    }

    /// For a list with the oldest first.
    ///
    /// # Errors
    /// 422 if `max` or `from` is out of range or no cursor.
    pub fn parse_oldest_first(&self) -> Result<Paging, Failure> {
        self.starting_at(Cursor::oldest())
    }

    fn starting_at(&self, start: Cursor) -> Result<Paging, Failure> {
        let max = self.max.unwrap_or(MAX_DEFAULT);
        if !(1..=MAX_MOST).contains(&max) {
            return Err(problem::OUT_OF_RANGE.saying(format!("Ask for 1 to {MAX_MOST} items.")).at("max"));
        }
        let from = match &self.from {
            None => start,
            Some(text) => Cursor::parse(text).ok_or_else(|| problem::NOT_A_CURSOR.at("from"))?,
        };
        Ok(Paging { max, from })
    }
}

impl Paging {
    /// Rows to fetch: one more than wanted tells whether there are more.
    pub fn fetch(&self) -> i64 {
        self.max + 1
    }
}

impl Cursor {
    /// Where an item stands.
    pub fn new(at: DateTime<Utc>, id: impl TypedId) -> Self {
        Self { at, id: id.uuid() }
    }

    /// Before every item of a list with the newest first.
    pub fn newest() -> Self {
        // The year 2286: Postgres and JavaScript can both hold it.
        Self { at: DateTime::from_timestamp(9_999_999_999, 0).unwrap_or_default(), id: Uuid::max() }
    }

    /// Before every item of a list with the oldest first.
    pub fn oldest() -> Self {
        Self { at: DateTime::UNIX_EPOCH, id: Uuid::nil() }
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (at, id) = bytes.split_first_chunk::<8>()?;
        let micros = i64::from_be_bytes(*at);
        // Times outside of this range are not ours, and Postgres could not hold them.
        let at = DateTime::from_timestamp_micros(micros)
            .filter(|at| (1..=9_999_999_999).contains(&at.timestamp()))?;
        Some(Self { at, id: Uuid::from_slice(id).ok()? })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.at.timestamp_micros().to_be_bytes());
        bytes[8..].copy_from_slice(self.id.as_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl<T> Listing<T> {
    /// From up to [`Paging::fetch`] rows in order.
    pub fn of(mut rows: Vec<T>, paging: Paging, place: impl Fn(&T) -> Cursor) -> Self {
        let max = usize::try_from(paging.max).unwrap_or_default();
        let has_more = rows.len() > max;
        rows.truncate(max);
        let next = rows.last().filter(|_| has_more).map(|last| place(last).to_string());
        Self { items: rows, has_more, next }
    }

    /// The address of the page after this one.
    pub fn next_page(&self, path: &str) -> Option<String> {
        self.next.as_ref().map(|next| format!("{path}?from={next}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let cursor =
            Cursor { at: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(), id: Uuid::max() };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        assert_eq!(Cursor::parse("nonsense"), None);
        assert_eq!(Cursor::parse(&URL_SAFE_NO_PAD.encode([255; 24])), None);
    }
}
