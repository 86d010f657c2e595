//! The stories that fit a reader's ideal, newest first: one statement, with work that has a bound whatever she looks
//! for ([`crate::shared::bounded_scan`] says how).

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres, Row, query};

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, MemberId, TypedId};
use crate::modules::media::contract::PhotoId;
use crate::shared::bounded_scan::{self, Born, Way};
use crate::shared::cards::CardRow;
use crate::shared::paging::Cursor;
use crate::shared::people::{Gender, Ideal};
use crate::shared::places::{self, Kind};

/// So many stories are looked through first, whatever the ages of their authors.
const NEWEST_ROWS: i64 = 125;
const WALK: &str = include_str!("walk_stories.sql");

/// Who reads, and what of.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    pub member: MemberId,
    pub ideal: Ideal,
    /// How far she has read.
    pub mark: Cursor,
    /// The version of what she sees.
    pub version: i64,
}

impl Reader {
    /// Which way through the table her ideal names: 0 is anywhere, 1 a county, 2 a town. And the place.
    pub(super) fn place(&self) -> (i32, &str) {
        let place = self.ideal.place.as_deref().unwrap_or_default();
        let level = match places::kind(place) {
            _ if place.is_empty() => 0,
            Some(Kind::County) => 1,
            Some(Kind::Town) | None => 2,
        };
        (level, place)
    }
}

/// What is asked for: stories older than `from` and newer than `after`, up to `fetch` of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub from: Cursor,
    pub after: Cursor,
    pub fetch: i64,
}

/// A story with its author.
pub(super) struct Found {
    pub story: EventId,
    pub kind: String,
    pub photo: Option<PhotoId>,
    pub at: DateTime<Utc>,
    pub card: CardRow,
}

/// Whom she looks for and how far she has read. None for a moment after her approval.
pub(super) async fn reader(ctx: &Context, member: MemberId) -> Result<Option<Reader>, Failure> {
    let row = query!(
        r#"select i.gender as "gender: Gender", i.from_age, i.to_age, nullif(i.place, '') as place,
                  m.at as "at?", m.story as "story?",
                  (select version from news.shown_version v where v.member = i.member) as "version!"
           from news.ideal i left join news.mark m on m.member = i.member
           where i.member = $1"#,
        member.uuid()
    )
    .fetch_optional(ctx.pool(&SPEC))
    .await?;
    Ok(row.map(|row| Reader {
        member,
        ideal: Ideal { gender: row.gender, from: row.from_age, to: row.to_age, place: row.place },
        mark: bounded_scan::end(row.at, row.story).unwrap_or_else(Cursor::oldest),
        version: row.version,
    }))
}

/// The ways to walk, one after the other, where `tries` are those year by year.
pub(super) fn ways(born: Born, range: Range, tries: impl Iterator<Item = i64>) -> impl Iterator<Item = Way> {
    born.newest(NEWEST_ROWS.max(range.fetch * 3)).into_iter().chain(tries.map(Way::by_year))
}

/// Walks further and further until there are enough, or no more. The second is where the walk ended.
pub(super) async fn stories(
    ctx: &Context,
    reader: &Reader,
    range: Range,
    tries: impl Iterator<Item = i64>,
) -> Result<(Vec<Found>, Option<Cursor>), Failure> {
    let mut found = (Vec::new(), None);
    for way in ways(born(ctx, &reader.ideal), range, tries) {
        found = walk(ctx, reader, range, way).await?;
        let enough = i64::try_from(found.0.len()).is_ok_and(|count| count >= range.fetch);
        if enough || found.1.is_none() {
            break;
        }
    }
    Ok(found)
}

/// The birthdays that fit her ideal now.
pub(super) fn born(ctx: &Context, ideal: &Ideal) -> Born {
    Born::aged(ideal.from, ideal.to, ctx.now())
}

pub(super) async fn walk(
    ctx: &Context,
    reader: &Reader,
    range: Range,
    way: Way,
) -> Result<(Vec<Found>, Option<Cursor>), Failure> {
    // There is always one row, since the end is told in any case.
    let rows = statement(reader, born(ctx, &reader.ideal), range, way).fetch_all(ctx.pool(&SPEC)).await?;
    let end = match rows.first() {
        Some(row) => bounded_scan::end(row.try_get("end_at")?, row.try_get("end_story")?),
        None => None,
    };
    let found = rows.iter().filter_map(|row| Found::of(row).transpose());
    Ok((found.collect::<Result<_, _>>()?, end))
}

impl Found {
    fn of(row: &PgRow) -> Result<Option<Self>, sqlx::Error> {
        // A type of the module's own schema, whose name the driver does not compare.
        let Some(card) = row.try_get_unchecked("card")? else { return Ok(None) };
        Ok(Some(Self {
            card,
            story: row.try_get("story")?,
            kind: row.try_get("kind")?,
            photo: row.try_get("photo")?,
            at: row.try_get("at")?,
        }))
    }
}

/// One way of the walk.
pub(super) fn statement(
    reader: &Reader,
    born: Born,
    range: Range,
    way: Way,
) -> Query<'static, Postgres, PgArguments> {
    let (first_year, last_year) = born.years();
    query(AssertSqlSafe(sql(&reader.ideal, way)))
        .bind(reader.member.uuid())
        .bind(first_year)
        .bind(last_year)
        .bind(reader.ideal.gender.code())
        .bind(reader.ideal.place.clone())
        .bind(range.from.at)
        .bind(range.from.id)
        .bind(range.after.at)
        .bind(range.after.id)
        .bind(way.rows)
        .bind(born.first)
        .bind(born.last)
        .bind(range.fetch)
        .bind(born.ahead)
        .bind(born.ahead_first)
        .bind(born.ahead_last)
}

/// One text for each index: with all of them in one, Postgres would prepare each of them for every page.
fn sql(ideal: &Ideal, way: Way) -> String {
    let place = match ideal.place.as_deref().map(places::kind) {
        None => "",
        Some(Some(Kind::County)) => "and county = $5",
        Some(Some(Kind::Town) | None) => "and town = $5",
    };
    let (years, year) = if way.by_year {
        ("generate_series($2::int, $3::int) as y (year)", "and birth_year = y.year")
    } else {
        ("(values (true)) as y", "")
    };
    bounded_scan::filled(WALK, &[("{place}", place), ("{years}", years), ("{year}", year)])
}
