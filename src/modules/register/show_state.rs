//! How an application stands: waiting, or rejected with the reason and the form to apply again.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use sqlx::query;

use super::{SPEC, read_session};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::shared::places::{self, County};
use crate::web::answer::{Page, SeeOther};
use crate::web::form::FormState;
use crate::web::layout::Layout;
use crate::web::visitor::{self, Actor};

/// Thank you, right after applying.
#[derive(Template)]
#[template(path = "register/joined.html")]
pub(super) struct JoinedPage {
    shell: Layout,
}

pub(super) async fn joined(shell: Layout) -> Page<JoinedPage> {
    Page::new(JoinedPage { shell: shell.titled("Welcome") })
}

#[derive(Template)]
#[template(path = "register/waiting.html")]
pub(super) struct StatePage {
    shell: Layout,
    state: &'static str,
    reason: Option<String>,
    form: FormState,
    counties: &'static [County],
}

impl StatePage {
    /// With `form` for a new application as it was filled in.
    pub(super) async fn load(
        ctx: &Context,
        actor: &Actor,
        shell: Layout,
        form: FormState,
    ) -> Result<Self, Failure> {
        let reason = read_session::reason(ctx, actor).await?;
        let state = if actor.state == visitor::State::Rejected { "rejected" } else { "waiting" };
        let counties = places::counties();
        Ok(Self { shell: shell.titled("Your application"), state, reason, form, counties })
    }
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
) -> Result<Response, Failure> {
    if actor.state == visitor::State::Approved {
        return Ok(SeeOther::to("/").into_response());
    }
    let form = last_application(&ctx, &actor).await?;
    Ok(Page::new(StatePage::load(&ctx, &actor, shell, form).await?).into_response())
}

/// The form starts with what she said last time.
async fn last_application(ctx: &Context, actor: &Actor) -> Result<FormState, Failure> {
    let row = query!(
        "select nickname, gender, birthday, ideal_gender, ideal_from, ideal_to, ideal_place, place
         from register.member where member = $1",
        actor.id.uuid()
    )
    .fetch_one(ctx.pool(&SPEC))
    .await?;
    Ok(FormState::filled([
        ("nickname", row.nickname),
        ("gender", row.gender),
        ("birthday", row.birthday.to_string()),
        ("idealGender", row.ideal_gender),
        ("idealFrom", row.ideal_from.to_string()),
        ("idealTo", row.ideal_to.to_string()),
        ("idealPlace", row.ideal_place.unwrap_or_default()),
        ("place", row.place),
    ]))
}
