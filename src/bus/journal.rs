//! A module's journal: everything that it published, numbered without gaps.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, query_as};

use super::Entry;
use crate::failure::Failure;
use crate::id::{EventId, MemberId};
use crate::store::unit::Unit;

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
pub async fn head(source: &Unit) -> Result<Head, Failure> {
    Ok(query_as(AssertSqlSafe(source.sql.read_head.clone())).fetch_one(&source.background).await?)
}

/// At most [`BATCH_MAX`] entries after `pos`, in order.
pub async fn read(source: &Unit, epoch: i64, pos: i64) -> Result<Vec<Entry>, Failure> {
    let rows: Vec<Row> = query_as(AssertSqlSafe(source.sql.read_journal.clone()))
        .bind(pos)
        .bind(BATCH_MAX)
        .fetch_all(&source.background)
        .await?;
    Ok(rows.into_iter().map(|row| row.entry(source.spec.name, epoch)).collect())
}
