//! Names stand for ids, and captures for what an earlier answer said.
//!
//! In events and JSON a text that is a cast nickname means her id, unless it stands under one of
//! [`PLAIN_KEYS`]. `$next` is bound by the first answer that is compared with it, and equal from then on; it may
//! also be a word among others: `Bearer $token`, `chat:$version`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::cast::Cast;
use super::model::{Caller, EventText};
use super::tree::{Node, Tree};
use crate::kernel::id::{MemberId, TypedId};

/// Keys under which a text is what a person typed, even if it is somebody's nickname.
pub const PLAIN_KEYS: [&str; 4] = ["nickname", "text", "reason", "presentation"];
/// The capture that is always there.
pub const PASSWORD: &str = "password";
/// Expected: anything that is there.
pub const ANY: &str = "$any";
/// What ends a word.
const BETWEEN: [char; 3] = [' ', ',', ':'];
/// In a repeated event: which of them this is.
const NUMBER: &str = "{n}";
/// Expected: null, or not there at all.
pub const NONE: &str = "$none";

/// What is known while a case is played.
#[derive(Debug, Clone)]
pub struct Bindings<'c> {
    pub cast: &'c Cast,
    captured: BTreeMap<String, Value>,
    /// What `{n}` stands for in a repeated event: in a text its digits; alone the number itself, except under one
    /// of [`PLAIN_KEYS`].
    pub number: Option<u32>,
}

impl<'c> Bindings<'c> {
    pub fn new(cast: &'c Cast) -> Self {
        let captured = BTreeMap::from([(PASSWORD.to_owned(), Value::from(cast.password.as_str()))]);
        Self { cast, captured, number: None }
    }

    pub fn get(&self, capture: &str) -> Option<&Value> {
        self.captured.get(capture)
    }

    pub fn bind(&mut self, capture: &str, value: Value) {
        self.captured.insert(capture.to_owned(), value);
    }

    /// Everything bound so far, for failure messages.
    pub fn captured(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.captured.iter().filter(|(name, _)| *name != PASSWORD).map(|(name, value)| (name.as_str(), value))
    }

    /// The id that a text means: a nickname's, unless its key is plain.
    pub fn id(&self, key: Option<&str>, text: &str) -> Option<MemberId> {
        if is_plain(key) { None } else { self.cast.person(text).map(|person| person.id) }
    }

    /// A text as it is sent. A capture that nothing has bound stays as it is.
    pub fn text(&self, key: Option<&str>, text: &str) -> Value {
        if let Some(value) = capture(text).and_then(|name| self.get(name)) {
            return value.clone();
        }
        match (self.id(key, text), self.number) {
            (Some(id), _) => Value::String(id.to_string()),
            (None, Some(n)) if text == NUMBER && !is_plain(key) => Value::from(n),
            (None, Some(n)) => Value::String(text.replace(NUMBER, &n.to_string())),
            (None, None) => Value::String(text.to_owned()),
        }
    }

    /// A tree as JSON that is sent.
    pub fn json(&self, key: Option<&str>, tree: &Tree) -> Value {
        match &tree.node {
            Node::Bool(flag) => Value::Bool(*flag),
            Node::Number(number) => Value::Number(number.clone()),
            Node::Text(text) if text == NONE => Value::Null,
            Node::Text(text) => self.text(key, text),
            Node::List(items) => items.iter().map(|item| self.json(key, item)).collect(),
            Node::Table(fields) => {
                let of = |field: &super::tree::Field| {
                    (field.key.clone(), self.json(Some(&field.key), &field.value))
                };
                Value::Object(fields.iter().map(of).collect::<Map<_, _>>())
            }
        }
    }

    /// An event's fields as its type reads them.
    pub fn event(&self, event: &EventText) -> Value {
        self.json(None, &event.fields)
    }

    /// The member who calls.
    pub fn caller(&self, caller: &Caller) -> Option<MemberId> {
        match caller {
            Caller::Nobody => None,
            Caller::Person(name) => self.cast.person(name).map(|person| person.id),
            Caller::Captured(name) => self.get(name)?.as_str()?.parse().ok(),
        }
    }
}

/// True where a text is what a person typed.
fn is_plain(key: Option<&str>) -> bool {
    key.is_some_and(|key| PLAIN_KEYS.contains(&key))
}

/// The name in `$name`.
pub fn capture(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let fits = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (fits && text != ANY && text != NONE).then_some(name)
}

/// The words of a text, each with what ends it: a blank, a comma, a colon, or the end.
pub fn words(text: &str) -> impl Iterator<Item = (&str, Option<char>)> {
    text.split_inclusive(BETWEEN).map(|part| match part.strip_suffix(BETWEEN) {
        Some(word) => (word, part.chars().next_back()),
        None => (part, None),
    })
}

/// The names of all captures in a text: of one that it is, or of those among its words.
pub fn captures(text: &str) -> impl Iterator<Item = &str> {
    words(text).filter_map(|(word, _)| capture(word))
}

/// A value as it stands in a path: texts without their quotes.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A stand-in id for what is not known while a file is read: the capture's own, so that two differ.
pub fn stand_in(capture: &str) -> MemberId {
    let sum = capture
        .bytes()
        .fold(0xcbf2_9ce4_u128, |sum, byte| (sum ^ u128::from(byte)) * 0x0100_0193 % (1 << 47));
    MemberId::of(uuid::Uuid::from_u128(0x7000_8002_0000_0000_0000 + sum))
}
