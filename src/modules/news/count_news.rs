//! How many stories are new to her, for her feed and for the navigation on every page: at most 100.
//!
//! Which ones does not matter, so the count ends with the hundredth, and it looks at no more rows than a page does
//! ([`crate::shared::bounded_scan`]). Where more than that are in its way, blocked or of an age that just misses, it is too few.

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryScalar;
use sqlx::{Postgres, query_scalar};

use super::SPEC;
use super::walk_stories::{self, Reader};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::module::ModuleSpec;
use crate::shared::bounded_scan::{Born, ROWS_MAX};
use crate::web::counts::{Counted, Counter, Counts};

/// Nobody needs to know more exactly than "100 or more".
const NEW_MAX: i64 = 100;

/// For the shell of every page.
pub(super) struct NewStories;

impl Counter for NewStories {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn count<'a>(&'a self, ctx: &'a Context, member: MemberId) -> BoxFuture<'a, Result<Counted, Failure>> {
        run(ctx, member).boxed()
    }
}

async fn run(ctx: &Context, member: MemberId) -> Result<Counted, Failure> {
    match walk_stories::reader(ctx, member).await? {
        Some(reader) => Ok(Counted { version: reader.version, counts: count(ctx, &reader).await? }),
        None => Ok(Counted { version: 0, counts: Counts::default() }),
    }
}

/// The number for a feed, whose reader is known already.
pub(super) async fn new(ctx: &Context, reader: &Reader) -> Result<i64, Failure> {
    let of = (reader.member, reader.version);
    Ok(ctx.counted().of_version(ctx, &SPEC, of, count(ctx, reader)).await?.stories)
}

async fn count(ctx: &Context, reader: &Reader) -> Result<Counts, Failure> {
    let born = walk_stories::born(ctx, &reader.ideal);
    let stories = statement(reader, born).fetch_one(ctx.pool(&SPEC)).await?;
    Ok(Counts { stories, ..Counts::default() })
}

/// The count of what is after her mark. Of the three ways through the table the server takes the one that the ideal
/// names, year by year until there are enough. `offset 0` keeps the planner from reading all blocked pairs instead.
pub(super) fn statement(reader: &Reader, born: Born) -> QueryScalar<'static, Postgres, i64, PgArguments> {
    let (first_year, last_year) = born.years();
    let (level, place) = reader.place();
    query_scalar!(
        r#"select count(*) as "count!" from (
               select from generate_series($2::int, $3::int) as born (year)
               cross join lateral (
                   (select member, birthday, county from news.story
                    where $4 = 0 and gender = $5 and birth_year = born.year and (at, story) > ($7, $8)
                    order by at desc, story desc limit $11)
                   union all
                   (select member, birthday, county from news.story
                    where $4 = 1 and county = $6 and gender = $5 and birth_year = born.year and (at, story) > ($7, $8)
                    order by at desc, story desc limit $11)
                   union all
                   (select member, birthday, county from news.story
                    where $4 = 2 and town = $6 and gender = $5 and birth_year = born.year and (at, story) > ($7, $8)
                    order by at desc, story desc limit $11)
               ) as s
               where case when s.county = any($13) then s.birthday between $14 and $15 else s.birthday between $9 and $10 end
                 and s.member <> $1
                 and not exists (select from news.blocked_pair b where b.viewer = $1 and b.other = s.member offset 0)
               limit $12) as new"#,
        reader.member.uuid(),
        first_year,
        last_year,
        level,
        reader.ideal.gender.code(),
        place,
        reader.mark.at,
        reader.mark.id,
        born.first,
        born.last,
        ROWS_MAX / i64::from(last_year - first_year + 1),
        NEW_MAX,
        born.ahead,
        born.ahead_first,
        born.ahead_last
    )
}
