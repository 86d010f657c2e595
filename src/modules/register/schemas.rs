//! What an application may hold, as programs read it: lengths, and the rules of [`super::person`] as JSON schemas.
//!
//! Not all of them can be said: that a birthday makes old enough, or that the older age comes second.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::kit::people::{AGE_MAX, AGE_MIN};
use crate::kit::places;

pub(super) const NICKNAME_MIN: usize = 2;
pub(super) const NICKNAME_MAX: usize = 20;
pub(super) const EMAIL_MAX: usize = 254;
pub(super) const PASSWORD_MIN: usize = 10;
pub(super) const PASSWORD_MAX: usize = 128;
/// Names that would speak for the site.
pub(super) const RESERVED: [&str; 8] =
    ["admin", "administrator", "happypancake", "moderator", "operator", "pancake", "reviewer", "support"];

pub(super) fn nickname(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "Letters, digits, - and _, beginning with a letter. Unique, upper or lower case alike.",
        "type": "string", "minLength": NICKNAME_MIN, "maxLength": NICKNAME_MAX,
        "pattern": "^[A-Za-zåäöæøéüÅÄÖÆØÉÜ][A-Za-zåäöæøéüÅÄÖÆØÉÜ0-9_-]*$",
        "not": { "enum": RESERVED },
    })
}

pub(super) fn email(_: &mut SchemaGenerator) -> Schema {
    // Any letters but a few that no address has, and a dot within the host.
    let (any, no_dot) =
        (r#"[^\s\x00-\x1f\x7f-\x9f@<>,;:"()\[\]\\]"#, r#"[^.\s\x00-\x1f\x7f-\x9f@<>,;:"()\[\]\\]"#);
    json_schema!({
        "description": "Whether it is known here already is not told.",
        "type": "string", "maxLength": EMAIL_MAX,
        "pattern": format!("^{any}+@{no_dot}(?:{any}*{no_dot})?\\.(?:{any}*{no_dot})$"),
    })
}

pub(super) fn password(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "Any characters, but not the nickname.",
        "type": "string", "minLength": PASSWORD_MIN, "maxLength": PASSWORD_MAX,
    })
}

pub(super) fn birthday(_: &mut SchemaGenerator) -> Schema {
    let description = format!("Year-month-day. Members are {AGE_MIN} to {AGE_MAX} years old.");
    json_schema!({ "description": description, "type": "string", "format": "date" })
}

pub(super) fn age(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": AGE_MIN, "maximum": AGE_MAX })
}

pub(super) fn older_age(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = age(generator);
    schema.insert("description".to_owned(), "Not below `from`.".into());
    schema
}

/// The one list of towns is long: it is a component.
pub(super) struct Town;

impl schemars::JsonSchema for Town {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Town".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let towns = places::counties().iter().flat_map(|county| &county.towns);
        let towns: Vec<&str> = towns.map(|town| town.id.as_str()).collect();
        json_schema!({ "description": "The town that she lives in or near.", "type": "string", "enum": towns })
    }
}

/// A county, a town, or anywhere.
pub(super) fn anywhere(generator: &mut SchemaGenerator) -> Schema {
    let counties: Vec<&str> = places::counties().iter().map(|county| county.id.as_str()).collect();
    let town: Value = generator.subschema_for::<Town>().into();
    json_schema!({
        "description": "A county, a town, or anywhere where it is left out.",
        "anyOf": [{ "type": "string", "enum": counties }, town, { "type": "null" }],
    })
}
