//! Apply again after a rejection, with what the reviewer asked for put right. The account stays the same.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use super::person::{self, PersonForm, PersonInput};
use super::register_member::registered;
use super::show_state::StatePage;
use crate::kernel::context::Context;
use crate::kernel::failure::{Failure, Refusals};
use crate::kernel::id::TypedId;
use crate::kernel::problem::Problem;
use crate::web::answer::{Created, Json, Page, SeeOther};
use crate::web::extract::Form;
use crate::web::layout::Layout;
use crate::web::visitor::{self, Actor};

pub(super) const WAITING: Problem =
    Problem::conflict("register.waiting", "Your application is with the reviewers already.");
pub(super) const APPROVED: Problem = Problem::conflict("register.approved", "You are a member already.");

/// The new application.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AppliedAgain")]
pub(super) struct Applied {
    nickname: String,
    state: visitor::State,
    /// 2, 3, …
    application: i32,
}

async fn run(ctx: &Context, actor: &Actor, input: &PersonInput) -> Result<Applied, Failure> {
    let mut refusals = Refusals::default();
    let person = person::parse(input, ctx.now(), &mut refusals);
    let mut tx = ctx.begin(&SPEC).await?;
    let last = query!(
        "select state, application from register.member where member = $1 for update",
        actor.id.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    match last.state.as_str() {
        "rejected" => {}
        "waiting" => return Err(WAITING.failure()),
        _ => return Err(APPROVED.failure()),
    }
    let Some(person) = person else { return Err(refusals.failure()) };
    let (nickname, application) = (person.nickname.clone(), last.application + 1);
    let _ = tx.emit(registered(actor.id, person, application)).await?;
    tx.commit().await?;
    Ok(Applied { nickname, state: visitor::State::Waiting, application })
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Json(input): Json<PersonInput>,
) -> Result<Created<Applied>, Failure> {
    Ok(Created(run(&ctx, &actor, &input).await?))
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Form { input, state }: Form<PersonForm>,
) -> Result<Response, Failure> {
    match run(&ctx, &actor, &input.into()).await {
        Ok(_) => Ok(SeeOther::to("/welcome").saying("Your new application is on its way.").into_response()),
        Err(failure) if failure.is_of_a_form() => {
            let page = StatePage::load(&ctx, &actor, shell, state.refused(&failure)).await?;
            Ok(Page::again(page, &failure).into_response())
        }
        Err(failure) => Err(failure),
    }
}
