//! All interests as a form, those that she picked on top, so that none is lost where she looks for others by name.

use askama::Template;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::list_interests::{self, Listed};
use super::read_own;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::shared::interests::folded;
use crate::web::answer::Page;
use crate::web::extract::Query;
use crate::web::form::FormState;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

/// What is looked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Find {
    find: String,
}

#[derive(Template)]
#[template(path = "interest/interests.html")]
pub(super) struct InterestsPage {
    shell: Layout,
    form: FormState,
    nickname: String,
    find: String,
    picked: Vec<Listed>,
    groups: Vec<(&'static str, Vec<Listed>)>,
}

impl InterestsPage {
    /// With these ticked, and of the others those that `find` finds.
    pub(super) fn new(actor: &Actor, shell: Layout, ticked: &[&str], find: &str) -> Self {
        let wanted = folded(find);
        let (picked, others): (Vec<_>, Vec<_>) = list_interests::run()
            .items
            .into_iter()
            .partition(|one| ticked.contains(&one.interest.0.as_str()));
        let mut groups: Vec<(&'static str, Vec<Listed>)> = Vec::new();
        for one in others.into_iter().filter(|one| folded(&one.name).contains(&wanted)) {
            match groups.last_mut() {
                Some((group, interests)) if *group == one.group => interests.push(one),
                _ => groups.push((one.group, vec![one])),
            }
        }
        Self {
            shell: shell.titled("Your interests"),
            form: FormState::default(),
            nickname: actor.nickname.clone(),
            find: find.to_owned(),
            picked,
            groups,
        }
    }

    /// With what was refused.
    pub(super) fn with(self, form: FormState) -> Self {
        Self { form, ..self }
    }
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Query(query): Query<Find>,
) -> Result<Page<InterestsPage>, Failure> {
    let own = read_own::run(&ctx, &actor).await?;
    let ticked: Vec<_> = own.interests.iter().map(|id| id.0.as_str()).collect();
    Ok(Page::new(InterestsPage::new(&actor, shell, &ticked, &query.find)))
}
