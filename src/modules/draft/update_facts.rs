//! Tell facts about oneself: all of them each time, from closed lists. Nobody has to read them first.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use super::SPEC;
use super::contract::DraftFactsUpdated;
use super::show_facts::FactsPage;
use crate::kernel::context::Context;
use crate::kernel::failure::{Failure, Refusals};
use crate::kernel::problem::Problem;
use crate::shared::facts::{Children, Choice, Facts, HEIGHT_MAX, HEIGHT_MIN, Language, LookingFor, Smoking};
use crate::web::answer::{Json, NoContent, Page, SeeOther};
use crate::web::extract::Form;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

const CHOICE: Problem = Problem::field("draft.fact-choice", "Choose from the list, or leave it out.");
const HEIGHT: Problem =
    Problem::field("draft.fact-height", "Give a height of 120 to 220 centimetres, or leave it out.");

/// What facts are refused for.
pub(super) const REFUSALS: &[Problem] = &[CHOICE, HEIGHT];

/// All facts, as sent. They take the place of those before.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "FactsInput")]
pub(super) struct Input {
    /// What she hopes to find here.
    #[schemars(with = "Vec<LookingFor>")]
    looking_for: Vec<String>,
    #[serde(default)]
    #[schemars(with = "Option<Children>")]
    children: Option<String>,
    #[serde(default)]
    #[schemars(with = "Option<Smoking>")]
    smoking: Option<String>,
    /// Those that she speaks.
    #[schemars(with = "Vec<Language>")]
    languages: Vec<String>,
    /// In centimetres.
    #[serde(default)]
    #[schemars(range(min = HEIGHT_MIN, max = HEIGHT_MAX))]
    height: Option<i32>,
}

impl Input {
    /// From a form: a box `languages-sv` for each choice, and what is left empty is not said.
    fn of(form: &[(String, String)]) -> Result<Self, Failure> {
        let mut input = Self::default();
        for (name, value) in form {
            let said = || Some(value.clone()).filter(|value| !value.is_empty());
            match (name.split_once('-'), name.as_str()) {
                (Some(("lookingFor", code)), _) if is_ticked(value) => {
                    input.looking_for.push(code.to_owned());
                }
                (Some(("languages", code)), _) if is_ticked(value) => input.languages.push(code.to_owned()),
                // A box that a client sends empty is not ticked.
                (Some(("lookingFor" | "languages", _)), _) if value.is_empty() => {}
                (_, "children") => input.children = said(),
                (_, "smoking") => input.smoking = said(),
                // What is no number is no height either: the check of the range says so.
                (_, "height") => input.height = said().map(|text| text.trim().parse().unwrap_or(0)),
                _ => return Err(CHOICE.at(name.clone())),
            }
        }
        Ok(input)
    }

    fn parse(&self) -> Result<Facts, Failure> {
        let mut refusals = Refusals::default();
        let looking_for = refusals.take("lookingFor", all(&self.looking_for));
        let children = refusals.take("children", one(self.children.as_deref()));
        let smoking = refusals.take("smoking", one(self.smoking.as_deref()));
        let languages = refusals.take("languages", all(&self.languages));
        let height = refusals.take("height", self.height());
        match (looking_for, children, smoking, languages, height) {
            (Some(looking_for), Some(children), Some(smoking), Some(languages), Some(height)) => {
                Ok(Facts { looking_for, children, smoking, languages, height })
            }
            _ => Err(refusals.failure()),
        }
    }

    fn height(&self) -> Result<Option<i32>, Failure> {
        let fits = self.height.is_none_or(|height| (HEIGHT_MIN..=HEIGHT_MAX).contains(&height));
        if fits { Ok(self.height) } else { Err(HEIGHT.failure()) }
    }
}

fn is_ticked(value: &str) -> bool {
    value == "true"
}

fn all<T: Choice>(codes: &[String]) -> Result<Vec<T>, Failure> {
    T::parse_all(codes).ok_or_else(|| CHOICE.failure())
}

fn one<T: Choice>(code: Option<&str>) -> Result<Option<T>, Failure> {
    code.map(|code| T::parse(code).ok_or_else(|| CHOICE.failure())).transpose()
}

async fn run(ctx: &Context, actor: &Actor, input: &Input) -> Result<(), Failure> {
    let facts = input.parse()?;
    let mut tx = ctx.begin(&SPEC).await?;
    let _ = tx.emit(DraftFactsUpdated { member: actor.id, facts }).await?;
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
    Form { input, state }: Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let saved = match Input::of(&input) {
        Ok(input) => run(&ctx, &actor, &input).await,
        Err(failure) => Err(failure),
    };
    match saved {
        Ok(()) => Ok(SeeOther::to("/draft/facts").saying("Saved. It is on your profile.").into_response()),
        Err(failure) if failure.is_of_a_form() => {
            let page = FactsPage::new(&actor, shell, state.refused(&failure));
            Ok(Page::again(page, &failure).into_response())
        }
        Err(failure) => Err(failure),
    }
}
