//! What a search may ask for of the facts that members tell of themselves. Who does not tell is not found by it.

use super::search_query::{SearchQuery, given};
use crate::kernel::failure::Refusals;
use crate::kernel::problem::Problem;
use crate::shared::facts::{Children, Choice, HEIGHT_MAX, HEIGHT_MIN, Language, LookingFor, Smoking, codes};

pub(super) const CHOICE: Problem =
    Problem::field("search.choice", "Choose one of the list, or leave it out.");
pub(super) const HEIGHT: Problem =
    Problem::field("search.height", "Give a height that members can tell: 120 to 220 centimetres.");
pub(super) const HEIGHTS: Problem = Problem::field("search.heights", "The greater height comes second.");

/// Wishes about facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FactWishes {
    pub(super) looking_for: Option<LookingFor>,
    pub(super) children: Option<Children>,
    pub(super) smoking: Option<Smoking>,
    pub(super) language: Option<Language>,
    /// The smallest and the greatest.
    pub(super) height: Option<(i32, i32)>,
}

impl FactWishes {
    pub(super) fn of(query: &SearchQuery, refusals: &mut Refusals) -> Self {
        Self {
            looking_for: choice("lookingFor", query.looking_for.as_deref(), refusals),
            children: choice("children", query.children.as_deref(), refusals),
            smoking: choice("smoking", query.smoking.as_deref(), refusals),
            language: choice("language", query.language.as_deref(), refusals),
            height: heights(query, refusals),
        }
    }

    pub(super) fn are_any(&self) -> bool {
        *self != Self::default()
    }

    /// Children as tables have them, where it is asked for.
    pub(super) fn children_codes(&self) -> Option<Vec<&'static str>> {
        self.children.map(|children| codes(children.found_by()))
    }
}

fn choice<T: Choice>(field: &str, code: Option<&str>, refusals: &mut Refusals) -> Option<T> {
    let known = given(code).map(|code| T::parse(code).ok_or_else(|| CHOICE.failure()));
    refusals.take(field, known.transpose()).flatten()
}

fn heights(query: &SearchQuery, refusals: &mut Refusals) -> Option<(i32, i32)> {
    let (from, to) = (given(query.height_from.as_deref()), given(query.height_to.as_deref()));
    from.or(to)?;
    // What is no number is no height either: the check of the range says so.
    let height = |text: Option<&str>, else_| text.map_or(else_, |text| text.trim().parse().unwrap_or(0));
    let (smallest, greatest) = (height(from, HEIGHT_MIN), height(to, HEIGHT_MAX));
    let fits = |height: i32| {
        if (HEIGHT_MIN..=HEIGHT_MAX).contains(&height) { Ok(height) } else { Err(HEIGHT.failure()) }
    };
    let smallest = refusals.take("heightFrom", fits(smallest));
    let greatest = fits(greatest).and_then(|greatest| match smallest {
        Some(smallest) if smallest > greatest => Err(HEIGHTS.failure()),
        _ => Ok(greatest),
    });
    Some((smallest?, refusals.take("heightTo", greatest)?))
}
