//! Look for somebody else. The same again changes nothing, and nobody is told.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::SPEC;
use super::contract::IdealUpdated;
use super::read_ideal::IdealPage;
use crate::kernel::context::Context;
use crate::kernel::failure::{Failure, Refusals};
use crate::shared::ideals::{IdealForm, IdealInput, Refuses};
use crate::web::answer::{Json, NoContent, Page, SeeOther};
use crate::web::extract::Form;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

pub(super) const REFUSES: Refuses = Refuses::of(["ideal.gender", "ideal.place", "ideal.age", "ideal.ages"]);

async fn run(ctx: &Context, actor: &Actor, input: &IdealInput) -> Result<(), Failure> {
    let mut refusals = Refusals::default();
    let Some(ideal) = REFUSES.check(input, "", &mut refusals) else { return Err(refusals.failure()) };
    let mut tx = ctx.begin(&SPEC).await?;
    let _ = tx.emit(IdealUpdated { member: actor.id, ideal }).await?;
    tx.commit().await
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Json(input): Json<IdealInput>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, &input).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Form { input, state }: Form<IdealForm>,
) -> Result<Response, Failure> {
    match run(&ctx, &actor, &input.into()).await {
        Ok(()) => {
            Ok(SeeOther::to("/ideal").saying("Saved. Your news follow it from now on.").into_response())
        }
        Err(failure) if failure.is_of_a_form() => {
            Ok(Page::again(IdealPage::new(shell, state.refused(&failure)), &failure).into_response())
        }
        Err(failure) => Err(failure),
    }
}
