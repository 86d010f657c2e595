//! Reject what waits, with a reason that the member reads and can do something about.

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;

use super::SPEC;
use super::contract::{ItemId, PhotoRejected, PresentationRejected, RegistrationRejected};
use super::read_queue::QueuePage;
use super::waiting::{Asks, OTHER_KIND, Waiting, first};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::problem::Problem;
use crate::shared::people::DecidedBy;
use crate::shared::text::read::ReadRules;
use crate::web::answer::{Json, NoContent};
use crate::web::extract::{Form, Path};
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

/// A letter at least, and no NUL.
const SAYS_SOMETHING: &str = r"^[^\x00]*[^\s\x85\x00][^\x00]*$";
pub(super) const REASON: ReadRules = ReadRules {
    characters: 500,
    lines: 20,
    blank: Problem::field("review.reason-missing", "Say what the member should change."),
    long: Problem::field("review.reason-long", "A reason has at most 500 characters. Shorten it."),
    tall: Problem::field("review.reason-lines", "A reason has at most 20 lines. Put some together."),
    marks: Problem::field("review.reason-marks", "A character has at most 8 marks on it. Leave some out."),
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rejection")]
pub(super) struct Input {
    /// What the member should change; she reads it. 1 to 500 characters as people count them, on at most 20 lines;
    /// not blank, and no more than 8 marks on a character. Of blank lines in a row one is kept.
    #[schemars(length(min = 1), regex(pattern = SAYS_SOMETHING))]
    pub(super) reason: String,
}

/// Returns what happens now, as the reviewer is told.
async fn run(ctx: &Context, actor: &Actor, item: ItemId, input: &Input) -> Result<String, Failure> {
    let reason = REASON.parse("reason", &input.reason)?.into_inner();
    let by = DecidedBy::Member(actor.id);
    let mut tx = ctx.begin(&SPEC).await?;
    let Waiting { member, nickname, asks } = Waiting::find(&mut tx, item, by).await?;
    let (applied, notice) = match asks {
        Asks::Registration(_) => (
            tx.emit(RegistrationRejected { member, reason, by }).await?,
            format!("{nickname} reads your reason, and can apply again."),
        ),
        Asks::Presentation(text) => (
            tx.emit(PresentationRejected { member, text, reason, by }).await?,
            format!("{nickname} reads your reason, and can change the text."),
        ),
        Asks::Photo { photo, .. } => (
            tx.emit(PhotoRejected { member, photo, reason, by }).await?,
            format!("{nickname} reads your reason, and can send another photo."),
        ),
        Asks::Report(_) => return Err(OTHER_KIND.failure()),
    };
    first(applied)?;
    tx.commit().await?;
    Ok(notice)
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(item): Path<ItemId>,
    Json(input): Json<Input>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, item, &input).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Path(item): Path<ItemId>,
    Form { input, state }: Form<Input>,
) -> Result<Response, Failure> {
    let outcome = run(&ctx, &actor, item, &input).await;
    QueuePage::after(&ctx, &actor, shell, (item, state), outcome).await
}
