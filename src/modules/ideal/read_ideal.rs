//! Whom she looks for now, and the form to change it.

use askama::Template;
use axum::extract::State;
use sqlx::query_as;

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::shared::people::{Gender, Ideal};
use crate::shared::places::{self, County};
use crate::web::answer::{Json, Page};
use crate::web::form::FormState;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

/// None for a moment after her approval.
async fn run(ctx: &Context, actor: &Actor) -> Result<Option<Ideal>, Failure> {
    let ideal = query_as!(
        Ideal,
        r#"select gender as "gender: Gender", from_age as "from", to_age as "to", place
           from ideal.ideal where member = $1"#,
        actor.id.uuid()
    );
    Ok(ideal.fetch_optional(ctx.pool(&SPEC)).await?)
}

pub(super) async fn json(State(ctx): State<Context>, actor: Actor) -> Result<Json<Ideal>, Failure> {
    run(&ctx, &actor).await?.map(Json).ok_or_else(Failure::not_found)
}

#[derive(Template)]
#[template(path = "ideal/form.html")]
pub(super) struct IdealPage {
    shell: Layout,
    form: FormState,
    counties: &'static [County],
}

impl IdealPage {
    pub(super) fn new(shell: Layout, form: FormState) -> Self {
        Self { shell: shell.titled("Whom you look for"), form, counties: places::counties() }
    }
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
) -> Result<Page<IdealPage>, Failure> {
    let known = run(&ctx, &actor).await?.map(|ideal| {
        FormState::filled([
            ("gender", ideal.gender.code().to_owned()),
            ("from", ideal.from.to_string()),
            ("to", ideal.to.to_string()),
            ("place", ideal.place.unwrap_or_default()),
        ])
    });
    Ok(Page::new(IdealPage::new(shell, known.unwrap_or_default())))
}
