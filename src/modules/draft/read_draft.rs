//! What she wrote about herself, what became of it, and the form to change it.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query_as;

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::shared::facts::Facts;
use crate::shared::facts::keep::told_by;
use crate::web::answer::{Json, Page};
use crate::web::form::FormState;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

/// The presentation that she sent to review last.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DraftPresentation")]
pub(super) struct Presentation {
    text: String,
    #[schemars(extend("enum" = ["waiting", "approved", "rejected"]))]
    state: String,
    /// What the reviewer wants changed; only of a rejected one.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When she sent it.
    at: DateTime<Utc>,
}

/// What she wrote about herself.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Draft {
    /// None before she sends a first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    presentation: Option<Presentation>,
    /// What she tells of herself; it is public.
    facts: Facts,
}

async fn run(ctx: &Context, actor: &Actor) -> Result<Draft, Failure> {
    let presentation = query_as!(
        Presentation,
        "select text, state, reason, at from draft.presentation where member = $1",
        actor.id.uuid()
    );
    let presentation = presentation.fetch_optional(ctx.pool(&SPEC)).await?;
    let [facts] = told_by(ctx.pool(&SPEC), &SPEC, [actor.id]).await?;
    Ok(Draft { presentation, facts })
}

pub(super) async fn json(State(ctx): State<Context>, actor: Actor) -> Result<Json<Draft>, Failure> {
    Ok(Json(run(&ctx, &actor).await?))
}

#[derive(Template)]
#[template(path = "draft/form.html")]
pub(super) struct DraftPage {
    shell: Layout,
    form: FormState,
    nickname: String,
    state: Option<String>,
    reason: String,
}

impl DraftPage {
    /// With the form as she sent it, or else with what she sent last.
    pub(super) async fn load(
        ctx: &Context,
        actor: &Actor,
        shell: Layout,
        sent: Option<FormState>,
    ) -> Result<Self, Failure> {
        let (text, state, reason) = match run(ctx, actor).await?.presentation {
            Some(last) => (last.text, Some(last.state), last.reason.unwrap_or_default()),
            None => (String::new(), None, String::new()),
        };
        let form = sent.unwrap_or_else(|| FormState::filled([("presentation", text)]));
        Ok(Self { shell: shell.titled("About you"), form, nickname: actor.nickname.clone(), state, reason })
    }
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
) -> Result<Page<DraftPage>, Failure> {
    Ok(Page::new(DraftPage::load(&ctx, &actor, shell, None).await?))
}
