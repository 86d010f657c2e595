//! What an application may hold, as programs read it: lengths, and the rules of [`super::person`] as JSON schemas.
//!
//! Not all of them can be said: that a birthday makes old enough, or that the older age comes second.

use schemars::{Schema, SchemaGenerator, json_schema};

use crate::shared::people::{AGE_MAX, AGE_MIN};
use crate::shared::text::email::EMAIL_MAX;

pub(super) const NICKNAME_MIN: usize = 2;
pub(super) const NICKNAME_MAX: usize = 20;
pub(super) const PASSWORD_MIN: usize = 10;
pub(super) const PASSWORD_MAX: usize = 128;
/// The site's own name. No nickname reads as if it held it.
pub(super) const SITE: &str = "happypancake";
/// Names that would speak for the site. No nickname reads as one of them.
pub(super) const RESERVED: [&str; 8] =
    ["admin", "administrator", SITE, "moderator", "operator", "pancake", "reviewer", "support"];

pub(super) fn nickname(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "Letters, digits, - and _, beginning with a letter. Unique, upper or lower case alike. What reads \
                        as one of the excluded names (`Adm1n`, `Support_`) is refused, too.",
        "type": "string", "minLength": NICKNAME_MIN, "maxLength": NICKNAME_MAX,
        "pattern": "^[A-Za-zåäöæøéüÅÄÖÆØÉÜ][A-Za-zåäöæøéüÅÄÖÆØÉÜ0-9_-]*$",
        "not": { "enum": RESERVED },
    })
}

pub(super) fn email(_: &mut SchemaGenerator) -> Schema {
    // Words of any letters but a few that no address has, with dots between them, and a dot within the host.
    let word = r#"[^.\s\x00-\x1f\x7f-\x9f@<>,;:"()\[\]\\]+"#;
    json_schema!({
        "description": "One mailbox has one address: case is alike, and `bücher.example` is `xn--bcher-kva.example`. Whether it \
                        is known here already is not told.",
        "type": "string", "maxLength": EMAIL_MAX,
        "pattern": format!("^{word}(?:\\.{word})*@{word}(?:\\.{word})+$"),
    })
}

pub(super) fn password(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "Any characters, but not the nickname. Counted when each letter is in one piece (NFC).",
        "type": "string", "minLength": PASSWORD_MIN, "maxLength": PASSWORD_MAX,
    })
}

pub(super) fn birthday(_: &mut SchemaGenerator) -> Schema {
    let description = format!("Year-month-day. Members are {AGE_MIN} to {AGE_MAX} years old.");
    json_schema!({ "description": description, "type": "string", "format": "date" })
}
