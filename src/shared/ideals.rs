//! An ideal as it is sent: what it may hold, and how it is checked. Joining and changing it later agree.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use super::people::{AGE_MAX, AGE_MIN, Gender, Ideal};
use super::places;
use crate::kernel::failure::{Failure, Refusals};
use crate::kernel::problem::Problem;

/// Whom the member looks for, as sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WantedIdeal")]
pub struct IdealInput {
    #[schemars(with = "Gender")]
    pub gender: String,
    #[schemars(schema_with = "age_schema")]
    pub from: i32,
    #[schemars(schema_with = "older_age_schema")]
    pub to: i32,
    #[serde(default)]
    #[schemars(schema_with = "anywhere_schema")]
    pub place: Option<String>,
}

/// The same as a form sends it. What a browser leaves out is empty, and refused as such.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct IdealForm {
    pub gender: String,
    pub from: String,
    pub to: String,
    pub place: String,
}

impl From<IdealForm> for IdealInput {
    fn from(form: IdealForm) -> Self {
        // What is no number is no age either: the check of the range says so.
        let age = |text: &str| text.trim().parse().unwrap_or(0);
        Self {
            gender: form.gender,
            from: age(&form.from),
            to: age(&form.to),
            place: Some(form.place).filter(|place| !place.is_empty()),
        }
    }
}

/// What an ideal is refused for, in codes of the module that takes it.
#[derive(Debug, Clone, Copy)]
pub struct Refuses {
    pub gender: Problem,
    pub place: Problem,
    pub age: Problem,
    pub ages: Problem,
}

impl Refuses {
    /// The codes in the order of the fields above.
    pub const fn of([gender, place, age, ages]: [&'static str; 4]) -> Self {
        Self {
            gender: Problem::field(gender, "Choose woman or man."),
            place: Problem::field(place, "Choose a county or a town, or leave it out."),
            age: Problem::field(age, "Give an age that members can have."),
            ages: Problem::field(ages, "The older age comes second."),
        }
    }

    /// For actions.
    pub const fn all(self) -> [Problem; 4] {
        [self.gender, self.place, self.age, self.ages]
    }

    /// Checks an ideal; `None` leaves the reasons in `refusals`, each at its field below `parent` (`ideal.`).
    pub fn check(&self, input: &IdealInput, parent: &str, refusals: &mut Refusals) -> Option<Ideal> {
        let field = |name: &str| format!("{parent}{name}");
        let gender = refusals.take(&field("gender"), self.gender(&input.gender));
        let from = refusals.take(&field("from"), self.age(input.from));
        let to = self.age(input.to).and_then(|to| self.not_below(to, input.from));
        let to = refusals.take(&field("to"), to);
        let place = refusals.take(&field("place"), self.anywhere(input.place.as_deref()));
        Some(Ideal { gender: gender?, from: from?, to: to?, place: place? })
    }

    /// Checks a gender.
    ///
    /// # Errors
    /// 422 if it is no gender: the error names the field.
    pub fn gender(&self, text: &str) -> Result<Gender, Failure> {
        Gender::parse(text).ok_or_else(|| self.gender.failure())
    }

    fn age(&self, years: i32) -> Result<i32, Failure> {
        if (AGE_MIN..=AGE_MAX).contains(&years) {
            return Ok(years);
        }
        Err(self.age.saying(format!("Give an age of {AGE_MIN} to {AGE_MAX}.")))
    }

    fn not_below(&self, to: i32, from: i32) -> Result<i32, Failure> {
        if to < from {
            return Err(self.ages.failure());
        }
        Ok(to)
    }

    fn anywhere(&self, id: Option<&str>) -> Result<Option<String>, Failure> {
        match id {
            Some(id) if places::kind(id).is_none() => Err(self.place.failure()),
            id => Ok(id.map(str::to_owned)),
        }
    }
}

fn age_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": AGE_MIN, "maximum": AGE_MAX })
}

fn older_age_schema(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = age_schema(generator);
    schema.insert("description".to_owned(), "Not below `from`.".into());
    schema
}

/// The one list of towns is long: it is a component.
pub struct Town;

impl JsonSchema for Town {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Town".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let towns = places::counties().iter().flat_map(|county| &county.towns);
        let towns: Vec<&str> = towns.map(|town| town.id.as_str()).collect();
        json_schema!({ "description": "The town that she lives in or near.", "type": "string", "enum": towns })
    }
}

/// A place to look for: a county, a town, or anywhere.
pub fn anywhere_schema(generator: &mut SchemaGenerator) -> Schema {
    let counties: Vec<&str> = places::counties().iter().map(|county| county.id.as_str()).collect();
    let town: Value = generator.subschema_for::<Town>().into();
    json_schema!({
        "description": "A county, a town, or anywhere where it is left out.",
        "anyOf": [{ "type": "string", "enum": counties }, town, { "type": "null" }],
    })
}
