//! Parked entries: those that could not be handled, with all later ones of their key.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, query, query_as};

use super::consumer_lease::{ConsumerLease, Lane};
use super::journal::Row;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;

/// Letters that a list shows.
pub const LISTED_MAX: i64 = 1000;

/// A parked entry.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Letter {
    pub source: String,
    pub pos: i64,
    pub name: String,
    pub key: MemberId,
    pub at: DateTime<Utc>,
    pub error: String,
}

/// How a retry went.
#[derive(Debug)]
pub struct Retried {
    /// Entries that were handled now.
    pub handled: usize,
    /// Why the next one was not.
    pub failed: Option<Failure>,
}

/// A module's letters, by source, key and position: the first [`LISTED_MAX`].
///
/// # Errors
/// If the database does not answer.
pub async fn list(lease: &ConsumerLease) -> Result<Vec<Letter>, Failure> {
    let sql = AssertSqlSafe(lease.unit.sql.letters.clone());
    Ok(query_as(sql).bind(LISTED_MAX).fetch_all(&lease.unit.background).await?)
}

/// Handles the letters of one key in their order, until none is left or one fails again.
///
/// While one is left, new entries of the key are parked behind it; the last is handled and taken away in one
/// transaction that holds the module's lease. So nothing overtakes.
///
/// # Errors
/// If the database does not answer while it is noted why a letter failed again: that itself is no error.
pub async fn retry(lease: &ConsumerLease, source: &'static str, key: MemberId) -> Result<Retried, Failure> {
    let mut handled = 0;
    loop {
        match retry_first(lease, source, key).await {
            Ok(Some(())) => handled += 1,
            Ok(None) => return Ok(Retried { handled, failed: None }),
            Err((pos, failure)) => {
                if let Some(pos) = pos {
                    let sql = AssertSqlSafe(lease.unit.sql.blame_letter.clone());
                    let blame = query(sql).bind(source).bind(pos).bind(failure.to_string());
                    blame.execute(&lease.unit.background).await?;
                }
                return Ok(Retried { handled, failed: Some(failure) });
            }
        }
    }
}

/// Gives one letter up: its effect never happens. Returns whether there was one.
///
/// # Errors
/// If the database does not answer.
pub async fn drop_letter(lease: &ConsumerLease, source: &str, pos: i64) -> Result<bool, Failure> {
    let sql = AssertSqlSafe(lease.unit.sql.drop_letter.clone());
    let dropped = query(sql).bind(source).bind(pos).execute(&lease.unit.background).await?;
    Ok(dropped.rows_affected() > 0)
}

/// Handles the first letter of a key; nothing if there is none. A failure comes with the letter's position.
async fn retry_first(
    lease: &ConsumerLease,
    source: &'static str,
    key: MemberId,
) -> Result<Option<()>, (Option<i64>, Failure)> {
    let before = |failure| (None, failure);
    let mut tx = lease.begin().await.map_err(before)?;
    if lease.acquire(&mut tx).await.map_err(before)?.is_some() {
        return Err(before(Failure::internal("the module is being rebuilt, which leaves no letters")));
    }
    let sql = AssertSqlSafe(lease.unit.sql.first_letter.clone());
    let row: Option<Row> = query_as(sql)
        .bind(source)
        .bind(key)
        .fetch_optional(tx.conn())
        .await
        .map_err(|error| before(error.into()))?;
    let Some(row) = row else { return Ok(None) };
    let entry = row.entry(source, 0);
    let at = |failure| (Some(entry.pos), failure);
    lease.listen(&mut tx, std::slice::from_ref(&entry), Lane::Live).await.map_err(at)?;
    query(AssertSqlSafe(lease.unit.sql.drop_letter.clone()))
        .bind(source)
        .bind(entry.pos)
        .execute(tx.conn())
        .await
        .map_err(|error| at(error.into()))?;
    tx.commit().await.map_err(at)?;
    Ok(Some(()))
}
