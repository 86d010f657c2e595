//! What may be asked for. All refusals come at once, each at its field.

use super::fact_wishes::{CHOICE, FactWishes, HEIGHT, HEIGHTS};
use super::search_query::{SearchQuery, given};
use crate::kernel::failure::{Failure, Refusals};
use crate::kernel::problem::Problem;
use crate::shared::people::{AGE_MAX, AGE_MIN, Gender};
use crate::shared::{interests, places};

const GENDER: Problem = Problem::field("search.gender", "Choose woman or man, or leave it out.");
const AGE: Problem = Problem::field("search.age", "Give an age that members can have: 18 to 120.");
const AGES: Problem = Problem::field("search.ages", "The older age comes second.");
const PLACE: Problem = Problem::field("search.place", "Choose a county or a town, or leave it out.");
const SORT: Problem = Problem::field("search.sort", "Sort by newest or by seen.");
pub(super) const HIDDEN: Problem = Problem::conflict(
    "search.hidden",
    "You are hidden, so you do not see who is online. Show yourself again on the page Online, or search without that.",
);

const INTEREST: Problem =
    Problem::field("search.interest", "Choose an interest of the list, or leave it out.");
/// What a search is refused for.
pub(super) const REFUSALS: &[Problem] =
    &[GENDER, AGE, AGES, PLACE, SORT, HIDDEN, CHOICE, HEIGHT, HEIGHTS, INTEREST];

/// A checked search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filters {
    pub(super) gender: Option<Gender>,
    pub(super) from: i32,
    pub(super) to: i32,
    pub(super) place: Option<String>,
    pub(super) online: bool,
    pub(super) photo: bool,
    pub(super) for_me: bool,
    pub(super) new: bool,
    pub(super) facts: FactWishes,
    /// Who has all of them: each once, at most three.
    pub(super) interests: Vec<String>,
    /// Sorted by the day on which they were last here, not by when they joined.
    pub(super) by_seen: bool,
}

impl SearchQuery {
    pub(super) fn parse(&self) -> Result<Filters, Failure> {
        let mut refusals = Refusals::default();
        let gender = given(self.gender.as_deref())
            .map(|gender| Gender::parse(gender).ok_or_else(|| GENDER.failure()))
            .transpose();
        let gender = refusals.take("gender", gender);
        // What is no number is no age either: the check of the range says so.
        let age = |text, else_| given(text).map_or(else_, |text| text.trim().parse().unwrap_or(0));
        let (from, to) = (age(self.age_from.as_deref(), AGE_MIN), age(self.age_to.as_deref(), AGE_MAX));
        let fits = |age: i32| (AGE_MIN..=AGE_MAX).contains(&age);
        let checked = |age: i32| if fits(age) { Ok(age) } else { Err(AGE.failure()) };
        let older = |to: i32| if fits(from) && from > to { Err(AGES.failure()) } else { Ok(to) };
        let _ = refusals.take("ageFrom", checked(from));
        let _ = refusals.take("ageTo", checked(to).and_then(older));
        let place = given(self.place.as_deref());
        let known = place.is_none_or(|place| places::kind(place).is_some());
        let _ = refusals.take("place", if known { Ok(()) } else { Err(PLACE.failure()) });
        let sort = given(self.sort.as_deref());
        let known = matches!(sort, None | Some("newest" | "seen"));
        let _ = refusals.take("sort", if known { Ok(()) } else { Err(SORT.failure()) });
        let facts = FactWishes::of(self, &mut refusals);
        let interests = self.wanted_interests(&mut refusals);
        let Some(gender) = gender.filter(|_| refusals.are_none()) else { return Err(refusals.failure()) };
        let (by_seen, place) = (sort == Some("seen"), place.map(str::to_owned));
        let Self { online, photo, for_me, new, .. } = *self;
        Ok(Filters { gender, from, to, place, online, photo, for_me, new, facts, interests, by_seen })
    }
}

impl SearchQuery {
    fn wanted_interests(&self, refusals: &mut Refusals) -> Vec<String> {
        let sent =
            [("interest", &self.interest), ("interest2", &self.interest2), ("interest3", &self.interest3)];
        let mut wanted = Vec::new();
        for (field, id) in sent {
            let Some(id) = given(id.as_deref()) else { continue };
            if interests::name(id).is_none() {
                let _ = refusals.take::<()>(field, Err(INTEREST.failure()));
            } else if !wanted.iter().any(|known| known == id) {
                wanted.push(id.to_owned());
            }
        }
        wanted
    }
}

impl Filters {
    pub(super) fn genders(&self) -> Vec<String> {
        let all = [Gender::Woman, Gender::Man];
        all.into_iter()
            .filter(|one| self.gender.is_none_or(|gender| gender == *one))
            .map(|g| g.code().to_owned())
            .collect()
    }
}
