//! Lists of people of some ages, out of very many, with work that has a bound.
//!
//! An index leads from a gender, a place and a **birth year** to rows in the order of the list. A query walks it once for
//! each birth year of the ages asked for, a few rows each, and merges them. What no index knows (blocks, hidden
//! members, other wishes) is looked at row by row. Where a year's rows are used up before its end, nothing older than
//! its last row is known yet: the page ends there, and the next one begins there. So a page may hold less than was
//! asked for and still have a next one, and it never costs more than [`ROWS_MAX`] rows or so.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, Execute, PgPool, Postgres, query_scalar_with};
use uuid::Uuid;

use super::calendar::{self, Today};
use crate::failure::Failure;
use crate::web::paging::{Cursor, Listing, Paging};

/// Rows that a page looks at, of all years together.
pub const ROWS_MAX: i64 = 4000;
/// A short walk does nearly always. This is how much longer the next try is.
const LONGER: i64 = 8;

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

    /// Rows of each year to walk: few first, then more, then as many as there may be.
    pub fn tries(self, paging: Paging) -> impl Iterator<Item = i64> {
        self.tries_from(paging.fetch())
    }

    /// The same for who needs fewer of each year at first: whoever counts does not care which years they are of.
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

/// What a statement costs, as Postgres explains it: rows, buffers and all. Runs it.
pub async fn explain<'q>(
    pool: &PgPool,
    mut statement: impl Execute<'q, Postgres>,
) -> Result<serde_json::Value, Failure> {
    let arguments = statement.take_arguments().map_err(Failure::internal)?.unwrap_or_default();
    let sql = format!("explain (analyze, buffers, format json) {}", statement.sql().as_str());
    Ok(query_scalar_with(AssertSqlSafe(sql), arguments).fetch_one(pool).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::people::age;

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
        let paging = crate::web::paging::PageQuery::default().parse().unwrap();
        let tries = |from, to| Born::aged(from, to, at).tries(paging).collect::<Vec<_>>();
        assert_eq!(tries(20, 20), [21, 168, 1344, 2000]);
        assert_eq!(tries(20, 29), [21, 168, 363]);
        assert_eq!(tries(18, 120), [21, 38]);
    }
}
