//! Makes journals forget a member: the payloads of the events that tell of her become null, the positions stay.
//!
//! Consumers pass over such entries, and a rebuild writes the tables anew as if those events had told nothing.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, query, query_scalar};

use super::journal;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, MemberId};
use crate::store::module_runtime::ModuleRuntime;

/// Positions looked at in one statement.
const WINDOW: i64 = 10_000;

/// Erases what all journals and dead letters say of a member, as far as they go now. Returns how many entries.
///
/// An event that is still in an outbox is not in a journal yet: stop her from acting first, and let that settle.
///
/// # Errors
/// If the database of one of the modules does not answer: a second call does the rest.
pub async fn erase(ctx: &Context, member: MemberId) -> Result<usize, Failure> {
    let mut count = 0;
    for unit in ctx.units() {
        let head = journal::head(unit).await?.pos;
        let mut after = 0;
        while after < head {
            let upto = head.min(after + WINDOW);
            let sql = AssertSqlSafe(unit.sql.erase.clone());
            let erased: Vec<EventId> =
                query_scalar(sql).bind(after).bind(upto).bind(member).fetch_all(&unit.background).await?;
            if !erased.is_empty() {
                erase_letters(ctx, unit, &erased).await?;
            }
            count += erased.len();
            after = upto;
        }
    }
    Ok(count)
}

/// The same of what consumers have parked.
async fn erase_letters(
    ctx: &Context,
    source: &Arc<ModuleRuntime>,
    events: &[EventId],
) -> Result<(), Failure> {
    for consumer in ctx.units() {
        query(AssertSqlSafe(consumer.sql.erase_letters.clone()))
            .bind(source.spec.name)
            .bind(events)
            .execute(&consumer.background)
            .await?;
    }
    Ok(())
}
