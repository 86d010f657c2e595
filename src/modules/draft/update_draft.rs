//! Send a presentation to review. It takes the place of one that waits; the same text again changes nothing.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::query_scalar;

use super::SPEC;
use super::contract::DraftPresentationUpdated;
use super::read_draft::DraftPage;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::problem::Problem;
use crate::shared::text::read::ReadRules;
use crate::web::answer::{Json, NoContent, Page, SeeOther};
use crate::web::extract::Form;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

pub(super) const PRESENTATION: ReadRules = ReadRules {
    characters: 4000,
    lines: 200,
    blank: Problem::field("draft.presentation-blank", "Write something about yourself first."),
    long: Problem::field(
        "draft.presentation-long",
        "A presentation has at most 4,000 characters. Shorten it.",
    ),
    tall: Problem::field(
        "draft.presentation-lines",
        "A presentation has at most 200 lines. Put some together.",
    ),
    marks: Problem::field(
        "draft.presentation-marks",
        "A character has at most 8 marks on it. Leave some out.",
    ),
};
pub(super) const REJECTED: Problem = Problem::field(
    "draft.presentation-rejected",
    "A reviewer rejected this text. Change what the reason names, then send it again.",
);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DraftInput")]
pub(super) struct Input {
    /// What she says about herself. 1 to 4,000 characters as people count them, on at most 200 lines; not blank, and
    /// no more than 8 marks on a character. Of blank lines in a row one is kept.
    #[schemars(length(min = 1), regex(pattern = r"^[^\x00]*[^\s\x85\x00][^\x00]*$"))]
    presentation: String,
}

async fn run(ctx: &Context, actor: &Actor, input: &Input) -> Result<(), Failure> {
    let text = PRESENTATION.parse("presentation", &input.presentation)?.into_inner();
    let mut tx = ctx.begin(&SPEC).await?;
    let rejected = query_scalar!(
        r#"select exists (select from draft.presentation
                          where member = $1 and text = $2 and state = 'rejected') as "rejected!""#,
        actor.id.uuid(),
        text
    );
    if rejected.fetch_one(tx.conn()).await? {
        return Err(REJECTED.at("presentation"));
    }
    let _ = tx.emit(DraftPresentationUpdated { member: actor.id, text }).await?;
    tx.commit().await
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Json(input): Json<Input>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, &input).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Form { input, state }: Form<Input>,
) -> Result<Response, Failure> {
    match run(&ctx, &actor, &input).await {
        Ok(()) => {
            Ok(SeeOther::to("/draft").saying("A reviewer looks at it before others do.").into_response())
        }
        Err(failure) if failure.is_of_a_form() => {
            let page = DraftPage::load(&ctx, &actor, shell, Some(state.refused(&failure))).await?;
            Ok(Page::again(page, &failure).into_response())
        }
        Err(failure) => Err(failure),
    }
}
