//! What may be asked for. All refusals come at once, each at its field.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::kernel::failure::{Failure, FieldError};
use crate::kernel::problem::Problem;
use crate::shared::ideals::anywhere_schema;
use crate::shared::paging::{CURSOR, MAX_MOST, PageQuery, Paging};
use crate::shared::people::{AGE_MAX, AGE_MIN, Gender, Ideal};
use crate::shared::places;

const GENDER: Problem = Problem::field("search.gender", "Choose woman or man, or leave it out.");
const AGE: Problem = Problem::field("search.age", "Give an age that members can have: 18 to 120.");
const AGES: Problem = Problem::field("search.ages", "The older age comes second.");
const PLACE: Problem = Problem::field("search.place", "Choose a county or a town, or leave it out.");
const SORT: Problem = Problem::field("search.sort", "Sort by newest or by seen.");
pub(super) const HIDDEN: Problem = Problem::conflict(
    "search.hidden",
    "You are hidden, so you do not see who is online. Show yourself again on the page Online, or search without that.",
);

/// What a search is refused for.
pub(super) const REFUSALS: &[Problem] = &[GENDER, AGE, AGES, PLACE, SORT, HIDDEN];

/// A search as sent. What is left out or empty is not asked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schemars(rename = "SearchQuery")]
pub(super) struct SearchQuery {
    #[schemars(with = "Option<Gender>")]
    pub(super) gender: Option<String>,
    /// Youngest age.
    #[schemars(with = "Option<i32>", range(min = AGE_MIN, max = AGE_MAX))]
    pub(super) age_from: Option<String>,
    /// Oldest age.
    #[schemars(with = "Option<i32>", range(min = AGE_MIN, max = AGE_MAX))]
    pub(super) age_to: Option<String>,
    #[schemars(schema_with = "anywhere_schema")]
    pub(super) place: Option<String>,
    /// Who is here now.
    pub(super) online: bool,
    /// Who has a photo.
    pub(super) photo: bool,
    /// Who looks for somebody like the one who searches.
    pub(super) for_me: bool,
    /// Who joined within the last 30 days.
    pub(super) new: bool,
    /// By when they joined, or by the day on which they were last here.
    #[schemars(extend("enum" = ["newest", "seen", null]))]
    pub(super) sort: Option<String>,
    /// Items wanted; 20 where it is left out.
    #[schemars(range(min = 1, max = MAX_MOST))]
    pub(super) max: Option<i64>,
    /// `next` of the page before.
    #[schemars(regex(pattern = CURSOR))]
    pub(super) from: Option<String>,
}

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
    /// Sorted by the day on which they were last here, not by when they joined.
    pub(super) by_seen: bool,
}

impl SearchQuery {
    /// What a member most likely wants: whom she looks for.
    pub(super) fn of(ideal: &Ideal) -> Self {
        Self {
            gender: Some(ideal.gender.code().to_owned()),
            age_from: Some(ideal.from.to_string()),
            age_to: Some(ideal.to.to_string()),
            place: ideal.place.clone(),
            ..Self::default()
        }
    }

    /// True for the first page of what is found.
    pub(super) fn is_first_page(&self) -> bool {
        self.from.is_none()
    }

    /// True where nothing is asked for.
    pub(super) fn is_blank(&self) -> bool {
        self.fields().is_empty() && self.is_first_page()
    }

    /// Every wish as a form has it.
    pub(super) fn fields(&self) -> Vec<(&'static str, &str)> {
        let texts = [
            ("gender", &self.gender),
            ("ageFrom", &self.age_from),
            ("ageTo", &self.age_to),
            ("place", &self.place),
            ("sort", &self.sort),
        ];
        let flags =
            [("online", self.online), ("photo", self.photo), ("forMe", self.for_me), ("new", self.new)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, given(text.as_deref())?)));
        texts.chain(flags.into_iter().filter(|(_, on)| *on).map(|(name, _)| (name, "true"))).collect()
    }

    pub(super) fn paging(&self) -> Result<Paging, Failure> {
        PageQuery::of(self.max, self.from.clone()).parse()
    }

    pub(super) fn parse(&self) -> Result<Filters, Failure> {
        let mut refused: Vec<FieldError> = Vec::new();
        let mut refuse = |failure: Failure| refused.extend(failure.into_refused());
        let gender = given(self.gender.as_deref());
        let known = gender.and_then(Gender::parse);
        if gender.is_some() && known.is_none() {
            refuse(GENDER.at("gender"));
        }
        // What is no number is no age either: the check of the range says so.
        let age = |text, else_| given(text).map_or(else_, |text| text.trim().parse().unwrap_or(0));
        let (from, to) = (age(self.age_from.as_deref(), AGE_MIN), age(self.age_to.as_deref(), AGE_MAX));
        let fits = |age: i32| (AGE_MIN..=AGE_MAX).contains(&age);
        if !fits(from) {
            refuse(AGE.at("ageFrom"));
        }
        if !fits(to) {
            refuse(AGE.at("ageTo"));
        } else if fits(from) && from > to {
            refuse(AGES.at("ageTo"));
        }
        let place = given(self.place.as_deref());
        if place.is_some_and(|place| places::kind(place).is_none()) {
            refuse(PLACE.at("place"));
        }
        let sort = given(self.sort.as_deref());
        if !matches!(sort, None | Some("newest" | "seen")) {
            refuse(SORT.at("sort"));
        }
        if !refused.is_empty() {
            return Err(Failure::fields(refused));
        }
        let (by_seen, place) = (sort == Some("seen"), place.map(str::to_owned));
        let Self { online, photo, for_me, new, .. } = *self;
        Ok(Filters { gender: known, from, to, place, online, photo, for_me, new, by_seen })
    }
}

/// What a form leaves empty is not there.
fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
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
