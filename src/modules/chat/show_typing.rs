//! A member types: the other one sees it for a moment, and what the member has before her is read.

use axum::extract::State;
use serde::Deserialize;

use super::SPEC;
use super::contract::MemberReadThread;
use super::thread_access::ThreadAccess;
use crate::bus::Signal;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::shared::cards;
use crate::web::answer::NoContent;
use crate::web::extract::{Form, Path};
use crate::web::visitor::Actor;

/// What the page says that shows the thread.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Input {
    /// The number of the newest message on it; without it she has all before her.
    up_to: Option<i64>,
}

async fn run(ctx: &Context, from: MemberId, to: MemberId, shown: Option<i64>) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let thread_access = ThreadAccess::of(tx.conn(), from, to).await?;
    if let Some(newest) = thread_access.seen.filter(|_| thread_access.unread > 0) {
        let up_to = shown.map_or(newest, |shown| shown.min(newest));
        let _ = tx.emit(MemberReadThread { member: from, with: to, up_to }).await?;
    }
    // Nobody is told of a stranger who hesitates, and nobody of whom she has blocked.
    if thread_access.newest.is_some() && !thread_access.blocked {
        tx.signal(Signal::Typing { from, to });
    }
    tx.commit().await
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(to): Path<MemberId>,
) -> Result<NoContent, Failure> {
    run(&ctx, actor.id, to, None).await?;
    Ok(NoContent)
}

/// For the script of an open thread.
pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(nickname): Path<String>,
    Form { input, .. }: Form<Input>,
) -> Result<NoContent, Failure> {
    let to = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    run(&ctx, actor.id, to, input.up_to).await?;
    Ok(NoContent)
}
