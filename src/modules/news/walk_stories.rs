//! The stories that fit a reader's ideal, newest first: one statement, with work that has a bound whatever she looks
//! for ([`crate::kit::walk`] says how).

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Map;
use sqlx::{Postgres, query, query_as};
use uuid::Uuid;

use super::SPEC;
use crate::context::Context;
use crate::failure::Failure;
use crate::id::{EventId, MemberId, TypedId};
use crate::kit::cards::CardRow;
use crate::kit::people::{Gender, Ideal};
use crate::kit::places::{self, Kind};
use crate::kit::walk::{self, Born};
use crate::modules::like::contract::PhotoId;
use crate::web::paging::Cursor;

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
        mark: walk::end(row.at, row.story).unwrap_or_else(Cursor::oldest),
        version: row.version,
    }))
}

/// Walks further and further until there are enough, or no more. The second is where the walk ended.
pub(super) async fn stories(
    ctx: &Context,
    reader: &Reader,
    range: Range,
    tries: impl Iterator<Item = i64>,
) -> Result<(Vec<Found>, Option<Cursor>), Failure> {
    let mut found = (Vec::new(), None);
    for rows in tries {
        found = walk(ctx, reader, range, rows).await?;
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

/// A row of the walk, which may hold no story: the end is told in any case.
pub(super) struct Row {
    end_at: Option<DateTime<Utc>>,
    end_story: Option<Uuid>,
    story: Option<EventId>,
    kind: Option<String>,
    photo: Option<PhotoId>,
    at: Option<DateTime<Utc>>,
    card: Option<CardRow>,
}

impl Row {
    fn story(self) -> Option<Found> {
        let (story, kind, photo, at) = (self.story?, self.kind?, self.photo, self.at?);
        Some(Found { story, kind, photo, at, card: self.card? })
    }
}

pub(super) async fn walk(
    ctx: &Context,
    reader: &Reader,
    range: Range,
    rows: i64,
) -> Result<(Vec<Found>, Option<Cursor>), Failure> {
    let found = statement(reader, born(ctx, &reader.ideal), range, rows).fetch_all(ctx.pool(&SPEC)).await?;
    let end = found.first().and_then(|row| walk::end(row.end_at, row.end_story));
    Ok((found.into_iter().filter_map(Row::story).collect(), end))
}

/// The walk, `rows` rows of each birth year.
///
/// Of the three ways through the table the server takes the one that the ideal names; the others cost nothing. What
/// no index knows is looked up row by row: `offset 0` keeps the planner from reading whole tables instead.
pub(super) fn statement(
    reader: &Reader,
    born: Born,
    range: Range,
    rows: i64,
) -> Map<'static, Postgres, impl FnMut(PgRow) -> Result<Row, sqlx::Error> + Send + use<>, PgArguments> {
    let (first_year, last_year) = born.years();
    let (level, place) = reader.place();
    query_as!(
        Row,
        r#"with walked as (
               select s.*, row_number() over (partition by s.birth_year order by s.at desc, s.story desc) as number
               from generate_series($2::int, $3::int) as born (year)
               cross join lateral (
                   (select story, kind, member, birth_year, birthday, county, photo, at from news.story
                    where $4 = 0 and gender = $5 and birth_year = born.year
                      and (at, story) < ($7, $8) and (at, story) > ($9, $10)
                    order by at desc, story desc limit $11)
                   union all
                   (select story, kind, member, birth_year, birthday, county, photo, at from news.story
                    where $4 = 1 and county = $6 and gender = $5 and birth_year = born.year
                      and (at, story) < ($7, $8) and (at, story) > ($9, $10)
                    order by at desc, story desc limit $11)
                   union all
                   (select story, kind, member, birth_year, birthday, county, photo, at from news.story
                    where $4 = 2 and town = $6 and gender = $5 and birth_year = born.year
                      and (at, story) < ($7, $8) and (at, story) > ($9, $10)
                    order by at desc, story desc limit $11)
               ) as s
           ), ending as (
               -- A year whose rows are used up may go on below its last.
               select at, story from walked where number = $11 order by at desc, story desc limit 1
           )
           select e.at as "end_at?", e.story as "end_story?", f.story as "story?: EventId", f.kind as "kind?",
                  f.photo as "photo?: PhotoId", f.at as "at?", a.card as "card?: CardRow"
           from (select) as one left join ending e on true
           left join lateral (
               select w.story, w.kind, w.member, w.photo, w.at from walked w
               where case when w.county = any($15) then w.birthday between $16 and $17 else w.birthday between $12 and $13 end
                 and w.member <> $1
                 and (e.at is null or (w.at, w.story) >= (e.at, e.story))
                 and not exists (select from news.blocked_pair b where b.viewer = $1 and b.other = w.member offset 0)
               order by w.at desc, w.story desc limit $14
           ) as f on true
           left join lateral (select c as card from news.card c where c.member = f.member offset 0) as a on true
           order by f.at desc, f.story desc"#,
        reader.member.uuid(),
        first_year,
        last_year,
        level,
        reader.ideal.gender.code(),
        place,
        range.from.at,
        range.from.id,
        range.after.at,
        range.after.id,
        rows,
        born.first,
        born.last,
        range.fetch,
        born.ahead,
        born.ahead_first,
        born.ahead_last
    )
}
