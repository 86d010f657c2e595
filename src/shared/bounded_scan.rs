//! Lists of people of some ages, out of very many, with work that has a bound.
//!
//! Where many ages are asked for, the newest rows nearly always hold enough of them: an index leads from a gender and a
//! place to rows in the order of the list, and a few of these are looked through ([`Born::newest`]). Where they are too
//! few, another leads from a gender, a place and a **birth year** to such rows. A query walks it once for
//! each birth year of the ages asked for, a few rows each, and merges them. What no index knows (blocks, hidden
//! members, other wishes) is looked at row by row. Where a walk's rows are used up before its end, nothing older than
//! its last row is known yet: the page ends there, and the next one begins there. So a page may hold less than was
//! asked for and still have a next one, and it never costs more than [`ROWS_MAX`] rows or so.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use serde_json::Value;
use sqlx::{
    AssertSqlSafe, Execute, Executor, PgConnection, PgPool, Postgres, query_as, query_scalar_with, query_with,
};
use uuid::Uuid;

use super::calendar::{self, Today};
use crate::kernel::failure::Failure;
use crate::shared::paging::{Cursor, Listing, Paging};

/// Rows that a page looks at, of all years together.
pub const ROWS_MAX: i64 = 4000;
/// A short walk does nearly always. This is how much longer the next try is.
const LONGER: i64 = 8;

/// From so many birth years on, the newest are looked through first.
const MANY_YEARS: i32 = 4;

/// One try of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Each birth year by itself, and not all ages in one.
    pub by_year: bool,
    /// How many, of each gender and of each year.
    pub rows: i64,
}

impl Way {
    /// Year by year.
    pub fn by_year(rows: i64) -> Self {
        Self { by_year: true, rows }
    }
}

/// The birthdays of those who are of some ages now. For an hour a day it is the next day already in some counties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Born {
    pub first: NaiveDate,
    pub last: NaiveDate,
    /// Counties with birthdays of their own: those of the next day.
    pub ahead: &'static [String],
    pub ahead_first: NaiveDate,
    pub ahead_last: NaiveDate,
}

impl Born {
    /// Of those who are `from` to `to` years old, both included.
    pub fn aged(from: i32, to: i32, at: DateTime<Utc>) -> Self {
        let Today { day, ahead } = calendar::today(at);
        let (first, last) = birthdays(from, to, day);
        let next = if ahead.is_empty() { day } else { day.succ_opt().unwrap_or(day) };
        let (ahead_first, ahead_last) = birthdays(from, to, next);
        Self { first, last, ahead, ahead_first, ahead_last }
    }

    /// The years to walk.
    pub fn years(self) -> (i32, i32) {
        (self.first.year(), self.ahead_last.year())
    }

    /// The way to try first, where there are many years.
    pub fn newest(self, rows: i64) -> Option<Way> {
        let (first, last) = self.years();
        (last - first >= MANY_YEARS).then_some(Way { by_year: false, rows })
    }

    /// Rows of each year to walk: few first, then more, then as many as there may be.
    pub fn tries(self, paging: Paging) -> impl Iterator<Item = i64> {
        self.tries_from(paging.fetch())
    }

    /// The same for who needs fewer of each year at first: a count does not care which years they are of.
    pub fn tries_from(self, few: i64) -> impl Iterator<Item = i64> {
        let (first, last) = self.years();
        let most = (ROWS_MAX / i64::from(last - first + 1).max(1)).max(few);
        let tries = std::iter::successors(Some(few), |rows| Some(rows * LONGER));
        tries.take_while(move |rows| *rows < most).chain([most])
    }
}

/// The first and the last birthday of those who are of these ages on a day.
fn birthdays(from: i32, to: i32, today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let first = latest(to + 1, today).checked_add_days(Days::new(1)).unwrap_or(today);
    (first, latest(from, today))
}

/// The latest birthday of somebody who is that old.
fn latest(age: i32, today: NaiveDate) -> NaiveDate {
    let year = today.year() - age;
    // On 29 February those born on the 28th of another year have had their birthday, and nobody after that.
    today.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 2, 28)).unwrap_or(NaiveDate::MIN)
}

/// The end of a walk: nothing after it is known yet.
pub fn end(at: Option<DateTime<Utc>>, id: Option<Uuid>) -> Option<Cursor> {
    Some(Cursor { at: at?, id: id? })
}

/// A page from a walk: `rows` in order, up to [`Paging::fetch`] of them and none after `end`.
pub fn page<T>(
    rows: Vec<T>,
    end: Option<Cursor>,
    paging: Paging,
    place: impl Fn(&T) -> Cursor,
) -> Listing<T> {
    let mut listing = Listing::of(rows, paging, place);
    if let Some(end) = end.filter(|_| !listing.has_more) {
        listing.has_more = true;
        listing.next = Some(end.to_string());
    }
    listing
}

/// A statement whose names in braces stand for parts of it.
pub fn filled(statement: &str, parts: &[(&str, &str)]) -> String {
    parts.iter().fold(statement.to_owned(), |sql, (name, part)| sql.replace(name, part))
}

/// What a statement costs.
#[derive(Debug)]
pub struct Cost {
    /// As Postgres explains it, planned for these very arguments: rows, buffers and all.
    pub plan: Value,
    /// Rows of tables that it reads from one end on, and those that indexes give it, with the plan that it really has.
    pub sequential: i64,
    pub indexed: i64,
}

/// Runs a statement, and has it explained.
///
/// # Errors
/// If the database does not answer.
pub async fn explain<'q>(pool: &PgPool, mut statement: impl Execute<'q, Postgres>) -> Result<Cost, Failure> {
    let arguments = statement.take_arguments().map_err(Failure::internal)?.unwrap_or_default();
    let sql = statement.sql();
    let explain = format!("explain (analyze, buffers, format json) {}", sql.as_str());
    let mut conn = pool.acquire().await?;
    let plan = query_scalar_with(AssertSqlSafe(explain), arguments.clone()).fetch_one(&mut *conn).await?;
    // Within a transaction nothing of this is handed on to the server's statistics, which would forget it here.
    conn.execute("begin").await?;
    let before = read(&mut conn).await?;
    query_with(sql, arguments).fetch_all(&mut *conn).await?;
    let after = read(&mut conn).await?;
    conn.execute("rollback").await?;
    Ok(Cost { plan, sequential: after.0 - before.0, indexed: after.1 - before.1 })
}

/// Rows that this transaction has read: from one end of a table on, and by an index.
async fn read(conn: &mut PgConnection) -> Result<(i64, i64), Failure> {
    let sums = "select coalesce(sum(seq_tup_read), 0)::bigint, coalesce(sum(idx_tup_fetch), 0)::bigint
                from pg_stat_xact_user_tables";
    Ok(query_as(sums).fetch_one(conn).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::people::age;

    /// Every birthday within two years of either end, on days around the odd ones, and when they are over in Helsinki.
    #[test]
    fn birthdays_are_those_of_the_ages() {
        let days = ["2023-02-28", "2024-02-28", "2024-02-29", "2024-03-01", "2025-12-31", "2026-01-01"];
        for at in days.iter().flat_map(|day| [format!("{day}T12:00:00Z"), format!("{day}T22:30:00Z")]) {
            let at: DateTime<Utc> = at.parse().unwrap();
            for (from, to) in [(18, 18), (18, 24), (24, 40)] {
                let born = Born::aged(from, to, at);
                let (first, last) = born.years();
                let mut day = NaiveDate::from_ymd_opt(at.year() - to - 3, 1, 1).unwrap();
                while day.year() < at.year() - from + 3 {
                    for (town, county) in [("lund", "skane-county"), ("helsinki", "uusimaa-county")] {
                        let inside = (from..=to).contains(&age(day, town, at));
                        let ahead = born.ahead.iter().any(|id| id == county);
                        let range =
                            if ahead { born.ahead_first..=born.ahead_last } else { born.first..=born.last };
                        assert_eq!(inside, range.contains(&day), "{day} in {town} at {at}");
                        assert!(
                            !inside || (first..=last).contains(&day.year()),
                            "{day} is not walked at {at}"
                        );
                    }
                    day = day.succ_opt().unwrap();
                }
            }
        }
    }

    #[test]
    fn tries_grow_up_to_the_bound() {
        let at = "2026-06-01T12:00:00Z".parse().unwrap();
        let paging = crate::shared::paging::PageQuery::default().parse().unwrap();
        let tries = |from, to| Born::aged(from, to, at).tries(paging).collect::<Vec<_>>();
        assert_eq!(tries(20, 20), [21, 168, 1344, 2000]);
        assert_eq!(tries(20, 29), [21, 168, 363]);
        assert_eq!(tries(18, 120), [21, 38]);
    }
}
