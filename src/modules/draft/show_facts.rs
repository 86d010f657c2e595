//! The facts that a member tells of herself, as a form.

use askama::Template;
use axum::extract::State;

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::shared::facts::keep::told_by;
use crate::shared::facts::{Children, Choice, Facts, HEIGHT_MAX, HEIGHT_MIN, Language, LookingFor, Smoking};
use crate::web::answer::Page;
use crate::web::form::FormState;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

#[derive(Template)]
#[template(path = "draft/facts.html")]
pub(super) struct FactsPage {
    shell: Layout,
    form: FormState,
    nickname: String,
}

impl FactsPage {
    pub(super) fn new(actor: &Actor, shell: Layout, form: FormState) -> Self {
        Self { shell: shell.titled("Facts about you"), form, nickname: actor.nickname.clone() }
    }

    fn ticked(&self, list: &str, code: &str) -> bool {
        self.form.value(&format!("{list}-{code}")) == "true"
    }
}

fn filled(facts: &Facts) -> FormState {
    let code = |code: Option<&'static str>| code.unwrap_or_default().to_owned();
    let form = FormState::filled([
        ("children", code(facts.children.map(Choice::code))),
        ("smoking", code(facts.smoking.map(Choice::code))),
        ("height", facts.height.map(|height| height.to_string()).unwrap_or_default()),
    ]);
    let looking_for = facts.looking_for.iter().map(|one| format!("lookingFor-{}", one.code()));
    let languages = facts.languages.iter().map(|one| format!("languages-{}", one.code()));
    looking_for.chain(languages).fold(form, |form, name| form.with(&name, "true".to_owned()))
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
) -> Result<Page<FactsPage>, Failure> {
    let [facts] = told_by(ctx.pool(&SPEC), &SPEC, [actor.id]).await?;
    Ok(Page::new(FactsPage::new(&actor, shell, filled(&facts))))
}
