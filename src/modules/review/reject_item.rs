//! Reject an application, with a reason that the applicant reads and can do something about.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use super::SPEC;
use super::contract::{ItemId, RegistrationRejected};
use super::item;
use super::read_queue::QueuePage;
use crate::context::Context;
use crate::failure::Failure;
use crate::kit::people::By;
use crate::problem::Problem;
use crate::web::answer::{Done, Json, Nothing, Page};
use crate::web::extract::{Form, Path};
use crate::web::shell::Shell;
use crate::web::visitor::Actor;

/// A letter at least, and no NUL.
const SAYS_SOMETHING: &str = r"^[^\x00]*[^\s\x85\x00][^\x00]*$";
/// Characters of a reason.
const REASON_MAX: usize = 500;

pub(super) const REASON_MISSING: Problem =
    Problem::field("review.reason-missing", "Say what the applicant should change.");
pub(super) const REASON_LONG: Problem = Problem::field("review.reason-long", "This reason is too long.");

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rejection")]
pub(super) struct Input {
    /// What the applicant should change; she reads it.
    #[schemars(length(min = 1, max = REASON_MAX), regex(pattern = SAYS_SOMETHING))]
    reason: String,
}

/// Returns the nickname of the applicant.
async fn run(ctx: &Context, actor: &Actor, item: ItemId, input: &Input) -> Result<String, Failure> {
    let reason = reason(&input.reason)?;
    let mut tx = ctx.begin(&SPEC).await?;
    let application = item::waiting(&mut tx, item).await?;
    let by = By::Member(actor.id);
    let applied = tx.emit(RegistrationRejected { member: application.member, reason, by }).await?;
    if !applied.changed() {
        return Err(item::DECIDED.failure());
    }
    tx.commit().await?;
    Ok(application.nickname)
}

fn reason(text: &str) -> Result<String, Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Err(REASON_MISSING.at("reason"));
    }
    if text.chars().count() > REASON_MAX {
        let detail = format!("Say it in {REASON_MAX} characters.");
        return Err(REASON_LONG.saying(detail).at("reason"));
    }
    Ok(text.to_owned())
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(item): Path<ItemId>,
    Json(input): Json<Input>,
) -> Result<Nothing, Failure> {
    run(&ctx, &actor, item, &input).await?;
    Ok(Nothing)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Shell,
    Path(item): Path<ItemId>,
    Form { input, state }: Form<Input>,
) -> Result<Response, Failure> {
    match run(&ctx, &actor, item, &input).await {
        Ok(nickname) => {
            let notice = format!("{nickname} reads your reason, and can apply again.");
            Ok(Done::to("/review").saying(notice).into_response())
        }
        Err(failure) if failure.is_of_a_form() => {
            let form = state.with("item", item.to_string()).refused(&failure);
            Ok(Page::again(QueuePage::load(&ctx, shell, form).await?, &failure).into_response())
        }
        Err(failure) => Err(failure),
    }
}
