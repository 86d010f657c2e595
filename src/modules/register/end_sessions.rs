//! End one login of one's own, or all of them at once: for a lost phone.

use axum::extract::State;
use axum::response::Response;

use super::{SPEC, close_session, session_store};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::SessionId;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::visitor::Actor;

/// `None` ends all, also the one that asks.
async fn run(ctx: &Context, actor: &Actor, session: Option<SessionId>) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let ended = session_store::end(&mut tx, actor.id, session, None).await?;
    if ended == 0 {
        // Another member's session is as unknown as one that never was.
        return Err(Failure::not_found());
    }
    tx.commit().await
}

pub(super) async fn end_session_json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(session): Path<SessionId>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, Some(session)).await?;
    Ok(NoContent)
}

pub(super) async fn one_form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(session): Path<SessionId>,
) -> Result<SeeOther, Failure> {
    run(&ctx, &actor, Some(session)).await?;
    Ok(SeeOther::to("/settings").saying("That device is logged out."))
}

pub(super) async fn end_all_sessions_json(
    State(ctx): State<Context>,
    actor: Actor,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, None).await?;
    Ok(NoContent)
}

pub(super) async fn all_form(State(ctx): State<Context>, actor: Actor) -> Result<Response, Failure> {
    run(&ctx, &actor, None).await?;
    Ok(close_session::logged_out(&ctx, "You are logged out everywhere."))
}
