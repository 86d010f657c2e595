//! Hide that one is here, or show it again. Twice is the same as once.

use axum::extract::State;

use super::SPEC;
use super::contract::{OnlineHidden, OnlineShown};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::visitor::Actor;

async fn run(ctx: &Context, actor: &Actor, hide: bool) -> Result<(), Failure> {
    let (mut tx, member) = (ctx.begin(&SPEC).await?, actor.id);
    let _ =
        if hide { tx.emit(OnlineHidden { member }).await? } else { tx.emit(OnlineShown { member }).await? };
    tx.commit().await
}

pub(super) async fn hide_online_json(State(ctx): State<Context>, actor: Actor) -> Result<NoContent, Failure> {
    run(&ctx, &actor, true).await?;
    Ok(NoContent)
}

pub(super) async fn show_online_json(State(ctx): State<Context>, actor: Actor) -> Result<NoContent, Failure> {
    run(&ctx, &actor, false).await?;
    Ok(NoContent)
}

pub(super) async fn hide_form(State(ctx): State<Context>, actor: Actor) -> Result<SeeOther, Failure> {
    run(&ctx, &actor, true).await?;
    Ok(SeeOther::to("/online").saying("You are hidden now. Nobody sees that you are here."))
}

pub(super) async fn show_form(State(ctx): State<Context>, actor: Actor) -> Result<SeeOther, Failure> {
    run(&ctx, &actor, false).await?;
    Ok(SeeOther::to("/online").saying("You are shown again."))
}
