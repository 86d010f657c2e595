//! Mark a thread as read, up to the newest message that she has seen. It cannot become unread again.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::SPEC;
use super::contract::MemberReadThread;
use super::thread_access::ThreadAccess;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::problem::Problem;
use crate::shared::cards;
use crate::web::answer::NoContent;
use crate::web::extract::{Form, Json, Path};
use crate::web::visitor::Actor;

pub(super) const UNKNOWN: Problem =
    Problem::field("chat.unknown-number", "Give the `number` of a message of this thread.");

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "ThreadSeen")]
pub(super) struct Input {
    /// The number of the newest message that she has seen.
    #[schemars(range(min = 1))]
    up_to: i64,
}

/// Records that she has read up to a message; more than there is, is a mistake.
pub(super) async fn run(ctx: &Context, member: MemberId, with: MemberId, up_to: i64) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let thread_access = ThreadAccess::of(tx.conn(), member, with).await?;
    if up_to < 1 || thread_access.seen.is_none_or(|newest| newest < up_to) {
        return Err(UNKNOWN.at("upTo"));
    }
    let _ = tx.emit(MemberReadThread { member, with, up_to }).await?;
    tx.commit().await
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(with): Path<MemberId>,
    Json(input): Json<Input>,
) -> Result<NoContent, Failure> {
    run(&ctx, actor.id, with, input.up_to).await?;
    Ok(NoContent)
}

/// For the script of an open thread.
pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(nickname): Path<String>,
    Form { input, .. }: Form<Input>,
) -> Result<NoContent, Failure> {
    let with = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    run(&ctx, actor.id, with, input.up_to).await?;
    Ok(NoContent)
}
