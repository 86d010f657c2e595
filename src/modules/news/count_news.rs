//! How many stories are new to her, for her feed and for the navigation on every page: at most 100, by a walk that
//! ends where she has read to.

use futures::FutureExt;
use futures::future::BoxFuture;

use super::SPEC;
use super::walk_stories::{self, Range};
use crate::context::Context;
use crate::failure::Failure;
use crate::id::MemberId;
use crate::kit::walk::Born;
use crate::web::paging::Cursor;
use crate::web::shell::{NewStories, StoriesReader};

/// Nobody needs to know more exactly than "100 or more".
const NEW_MAX: i64 = 100;

/// For the shell of every page.
pub(super) struct Reader;

impl StoriesReader for Reader {
    fn count<'a>(&'a self, ctx: &'a Context, member: MemberId) -> BoxFuture<'a, Result<NewStories, Failure>> {
        count(ctx, member).boxed()
    }
}

async fn count(ctx: &Context, member: MemberId) -> Result<NewStories, Failure> {
    let module = SPEC.name;
    let Some(reader) = walk_stories::reader(ctx, member).await? else {
        return Ok(NewStories { module, version: 0, count: 0 });
    };
    Ok(NewStories { module, version: reader.version, count: new(ctx, &reader).await? })
}

/// Those after her mark. Where the walk has to end before, they are as many as it has found.
pub(super) async fn new(ctx: &Context, reader: &walk_stories::Reader) -> Result<i64, Failure> {
    let born = walk_stories::born(ctx, &reader.ideal);
    let (stories, _) = walk_stories::stories(ctx, reader, range(reader), tries(born)).await?;
    Ok(i64::try_from(stories.len()).unwrap_or(NEW_MAX))
}

pub(super) fn range(reader: &walk_stories::Reader) -> Range {
    Range { from: Cursor::newest(), after: reader.mark, fetch: NEW_MAX }
}

/// As many of each year as make enough of all years together, and more only where that is too few.
pub(super) fn tries(born: Born) -> impl Iterator<Item = i64> {
    let (first, last) = born.years();
    born.tries_from(NEW_MAX / i64::from(last - first + 1) + 1)
}
