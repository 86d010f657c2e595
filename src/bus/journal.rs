//! A module's journal: everything that it published, numbered without gaps.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, query_as};
use uuid::Uuid;

use super::Entry;
use super::journal_range::JournalRange;
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, MemberId};
use crate::store::module_runtime::ModuleRuntime;

/// Entries handled in one transaction. 5,000 is slower.
pub const BATCH_MAX: i64 = 1000;

/// A row of the journal, as the relay and the readers get it.
#[derive(sqlx::FromRow)]
pub struct Row {
    pos: i64,
    event: EventId,
    name: String,
    key: MemberId,
    at: DateTime<Utc>,
    payload: Option<Json<Box<RawValue>>>,
    cause: Option<Uuid>,
}

impl Row {
    /// Adds what all rows of a journal share.
    pub fn entry(self, source: &'static str, epoch: i64) -> Entry {
        Entry {
            source,
            epoch,
            pos: self.pos,
            id: self.event,
            name: self.name.into(),
            key: self.key,
            at: self.at,
            payload: self.payload.map(|json| Arc::from(json.0)),
            cause: self.cause,
        }
    }
}

/// Where a journal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Head {
    pub pos: i64,
    pub epoch: i64,
}

/// The journal's end, as committed.
///
/// # Errors
/// If the database does not answer.
pub async fn head(source: &ModuleRuntime) -> Result<Head, Failure> {
    Ok(query_as(AssertSqlSafe(source.sql.read_head.clone())).fetch_one(&source.background).await?)
}

/// What comes after `pos`: [`BATCH_MAX`] entries, or all up to the head.
///
/// # Errors
/// If the database does not answer.
pub async fn read(source: &ModuleRuntime, pos: i64) -> Result<JournalRange, Failure> {
    // In this order: whatever the head counts is in the journal by then.
    let head = head(source).await?;
    if head.pos <= pos {
        return Ok(range(source, head.epoch, pos, pos, Vec::new()));
    }
    let rows: Vec<Row> = query_as(AssertSqlSafe(source.sql.read_journal.clone()))
        .bind(pos)
        .bind(BATCH_MAX)
        .fetch_all(&source.background)
        .await?;
    Ok(range(source, head.epoch, pos, head.pos, rows))
}

/// What comes after `pos` of these types, up to and including `upto`.
///
/// # Errors
/// If the database does not answer.
pub async fn read_types(
    source: &ModuleRuntime,
    pos: i64,
    upto: i64,
    types: &[&str],
) -> Result<JournalRange, Failure> {
    let head = head(source).await?;
    let rows: Vec<Row> = query_as(AssertSqlSafe(source.sql.read_types.clone()))
        .bind(pos)
        .bind(BATCH_MAX)
        .bind(upto)
        .bind(types)
        .fetch_all(&source.background)
        .await?;
    Ok(range(source, head.epoch, pos, upto, rows))
}

/// The newest entries of a type, the last first.
///
/// # Errors
/// If the database does not answer.
pub async fn newest(source: &ModuleRuntime, name: &str, max: i64) -> Result<Vec<Entry>, Failure> {
    let head = head(source).await?;
    let rows: Vec<Row> = query_as(AssertSqlSafe(source.sql.read_newest.clone()))
        .bind(name)
        .bind(max)
        .fetch_all(&source.background)
        .await?;
    Ok(rows.into_iter().map(|row| row.entry(source.spec.name, head.epoch)).collect())
}

fn range(source: &ModuleRuntime, epoch: i64, after: i64, end: i64, rows: Vec<Row>) -> JournalRange {
    let entries: Vec<Entry> = rows.into_iter().map(|row| row.entry(source.spec.name, epoch)).collect();
    let last = entries.last().map_or(after, |entry| entry.pos);
    let upto = if is_full(&entries) { last } else { end.max(last) };
    JournalRange { source: source.spec.name, epoch, after, upto, entries }
}

/// True if there may be more after these.
pub fn is_full(entries: &[Entry]) -> bool {
    i64::try_from(entries.len()).is_ok_and(|count| count >= BATCH_MAX)
}
