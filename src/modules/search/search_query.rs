//! A search as it is sent, in an address or by a form.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::kernel::failure::Failure;
use crate::shared::facts::{Children, HEIGHT_MAX, HEIGHT_MIN, Language, LookingFor, Smoking};
use crate::shared::ideals::anywhere_schema;
use crate::shared::paging::{CURSOR, MAX_MOST, PageQuery, Paging};
use crate::shared::people::{AGE_MAX, AGE_MIN, Gender, Ideal};

/// The inputs about facts and interests.
const MORE: [&str; 9] = [
    "lookingFor",
    "children",
    "smoking",
    "language",
    "heightFrom",
    "heightTo",
    "interest",
    "interest2",
    "interest3",
];

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
    /// Members whose ideal the searching member fits.
    pub(super) for_me: bool,
    /// Who joined within the last 30 days.
    pub(super) new: bool,
    /// Who hopes to find that.
    #[schemars(with = "Option<LookingFor>")]
    pub(super) looking_for: Option<String>,
    /// Who says so; `has` and `wants` find those, too, who have some and want more.
    #[schemars(with = "Option<Children>")]
    pub(super) children: Option<String>,
    #[schemars(with = "Option<Smoking>")]
    pub(super) smoking: Option<String>,
    /// Who speaks it.
    #[schemars(with = "Option<Language>")]
    pub(super) language: Option<String>,
    /// In centimetres; who does not tell her height is not found by it.
    #[schemars(with = "Option<i32>", range(min = HEIGHT_MIN, max = HEIGHT_MAX))]
    pub(super) height_from: Option<String>,
    /// In centimetres.
    #[schemars(with = "Option<i32>", range(min = HEIGHT_MIN, max = HEIGHT_MAX))]
    pub(super) height_to: Option<String>,
    /// Who picked this interest: an id of the list.
    pub(super) interest: Option<String>,
    /// And this one.
    pub(super) interest2: Option<String>,
    /// And this one, too.
    pub(super) interest3: Option<String>,
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
            ("lookingFor", &self.looking_for),
            ("children", &self.children),
            ("smoking", &self.smoking),
            ("language", &self.language),
            ("heightFrom", &self.height_from),
            ("heightTo", &self.height_to),
            ("interest", &self.interest),
            ("interest2", &self.interest2),
            ("interest3", &self.interest3),
            ("sort", &self.sort),
        ];
        let flags =
            [("online", self.online), ("photo", self.photo), ("forMe", self.for_me), ("new", self.new)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, given(text.as_deref())?)));
        texts.chain(flags.into_iter().filter(|(_, on)| *on).map(|(name, _)| (name, "true"))).collect()
    }

    /// True where a fact or an interest is asked for, rightly or not.
    pub(super) fn asks_for_more(&self) -> bool {
        self.fields().iter().any(|(name, _)| MORE.contains(name))
    }

    pub(super) fn paging(&self) -> Result<Paging, Failure> {
        PageQuery::of(self.max, self.from.clone()).parse()
    }
}

/// What a form leaves empty is not there.
pub(super) fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}
