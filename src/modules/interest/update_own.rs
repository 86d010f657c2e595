//! Pick one's interests: all of them each time. The same again changes nothing.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use super::SPEC;
use super::contract::InterestsUpdated;
use super::show_interests::InterestsPage;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::problem::Problem;
use crate::shared::interests::{self, InterestId};
use crate::web::answer::{Json, NoContent, Page, SeeOther};
use crate::web::extract::Form;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

/// Interests of one member.
const INTERESTS_MAX: usize = 15;

const UNKNOWN: Problem =
    Problem::field("interest.unknown", "Pick interests of the list. This one is not there, or no more.");
const MANY: Problem = Problem::field("interest.many", "Pick at most 15 interests: those that say most.");

/// What a pick is refused for.
pub(super) const REFUSALS: &[Problem] = &[UNKNOWN, MANY];

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "InterestsInput")]
pub(super) struct Input {
    /// Ids of the list, at most 15. They take the place of those before.
    #[schemars(length(max = INTERESTS_MAX))]
    interests: Vec<InterestId>,
}

impl Input {
    /// From a form: a box `interest-hiking` for each.
    fn of(form: &[(String, String)]) -> Result<Self, Failure> {
        let mut input = Self::default();
        for (name, value) in form {
            match name.strip_prefix("interest-") {
                Some(id) if value == "true" => input.interests.push(InterestId(id.to_owned())),
                // A box that a client sends empty is not ticked.
                Some(_) if value.is_empty() => {}
                _ => return Err(UNKNOWN.at(name.clone())),
            }
        }
        Ok(input)
    }
}

async fn run(ctx: &Context, actor: &Actor, input: Input) -> Result<(), Failure> {
    let picked = input.interests.len();
    if picked > INTERESTS_MAX {
        return Err(MANY.saying(format!("{} You picked {picked}.", MANY.says)).at("interests"));
    }
    let interests: BTreeSet<_> = input.interests.into_iter().collect();
    if interests.iter().any(|id| interests::name(&id.0).is_none()) {
        return Err(UNKNOWN.at("interests"));
    }
    let mut tx = ctx.begin(&SPEC).await?;
    let _ =
        tx.emit(InterestsUpdated { member: actor.id, interests: interests.into_iter().collect() }).await?;
    tx.commit().await
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Json(input): Json<Input>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, input).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Form { input: form, state }: Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let ticked: Vec<_> = form.iter().filter_map(|(name, _)| name.strip_prefix("interest-")).collect();
    let saved = match Input::of(&form) {
        Ok(input) => run(&ctx, &actor, input).await,
        Err(failure) => Err(failure),
    };
    match saved {
        Ok(()) => Ok(SeeOther::to("/interest").saying("Saved. They are on your profile.").into_response()),
        Err(failure) if failure.is_of_a_form() => {
            let page = InterestsPage::new(&actor, shell, &ticked, "").with(state.refused(&failure));
            Ok(Page::again(page, &failure).into_response())
        }
        Err(failure) => Err(failure),
    }
}
