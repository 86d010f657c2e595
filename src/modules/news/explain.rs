//! What walks cost, as the server says: the real statement with its real arguments. For the test of their bound.

use super::walk_stories::{self, Range};
use super::{SPEC, count_news};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::shared::bounded_scan::{self, Cost};
use crate::shared::paging::{Cursor, Paging};

/// A page, or the count of what is new.
#[derive(Debug, Clone, Copy)]
pub enum Asked {
    Page(Paging),
    New,
}

/// The cost of each try, what was found in the end, and where a next page begins.
#[derive(Debug)]
pub struct Explained {
    pub costs: Vec<Cost>,
    pub found: usize,
    pub end: Option<Cursor>,
}

/// Walks as a reader's feed does, and has every statement explained.
///
/// # Errors
/// If the database does not answer.
pub async fn explain(ctx: &Context, member: MemberId, asked: Asked) -> Result<Explained, Failure> {
    let reader = walk_stories::reader(ctx, member).await?.ok_or_else(Failure::not_found)?;
    let born = walk_stories::born(ctx, &reader.ideal);
    let mut explained = Explained { costs: Vec::new(), found: 0, end: None };
    let Asked::Page(paging) = asked else {
        explained
            .costs
            .push(bounded_scan::explain(ctx.pool(&SPEC), count_news::statement(&reader, born)).await?);
        let found = count_news::statement(&reader, born).fetch_one(ctx.pool(&SPEC)).await?;
        explained.found = usize::try_from(found).unwrap_or_default();
        return Ok(explained);
    };
    let range = Range { from: paging.from, after: Cursor::oldest(), fetch: paging.fetch() };
    for way in walk_stories::ways(born, range, born.tries(paging)) {
        let statement = walk_stories::statement(&reader, born, range, way);
        let cost = bounded_scan::explain(ctx.pool(&SPEC), statement).await?;
        explained.costs.push(cost);
        let (found, end) = walk_stories::walk(ctx, &reader, range, way).await?;
        (explained.found, explained.end) = (found.len(), end);
        if explained.end.is_none() || i64::try_from(explained.found).is_ok_and(|count| count >= range.fetch) {
            break;
        }
    }
    Ok(explained)
}
