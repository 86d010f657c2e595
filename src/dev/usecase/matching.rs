//! Compares what was expected with what came. Pure: the runner brings the answers.
//!
//! A table is matched partially: what is not named may be anything. A list is matched exactly, item by item.

use serde_json::Value;

use super::names::{ANY, Bindings, NONE, capture, captures, plain, words};
use super::tree::{Node, Tree};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {path} should be {wanted}, but is {found}")]
pub struct Mismatch {
    pub line: usize,
    /// `items[0].unread`
    pub path: String,
    pub wanted: String,
    pub found: String,
}

/// All differences; captures that are not bound yet are bound on the way.
pub fn compare(
    expected: &Tree,
    actual: Option<&Value>,
    path: &str,
    known: &mut Bindings<'_>,
) -> Vec<Mismatch> {
    let mut found = Vec::new();
    walk(expected, actual, Spot { path: path.to_owned(), key: None }, known, &mut found);
    found
}

/// Where in the answer we are.
struct Spot {
    path: String,
    key: Option<String>,
}

impl Spot {
    fn field(&self, key: &str) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Self { path, key: Some(key.to_owned()) }
    }

    fn item(&self, number: usize) -> Self {
        Self { path: format!("{}[{number}]", self.path), key: self.key.clone() }
    }
}

fn walk(
    expected: &Tree,
    actual: Option<&Value>,
    at: Spot,
    known: &mut Bindings<'_>,
    found: &mut Vec<Mismatch>,
) {
    let present = actual.filter(|value| !value.is_null());
    let same = match (&expected.node, present) {
        (Node::Text(text), _) => text_fits(text, present, at.key.as_deref(), known),
        (Node::Bool(flag), Some(Value::Bool(other))) => flag == other,
        (Node::Number(number), Some(Value::Number(other))) => {
            number == other || (number.as_f64() == other.as_f64() && number.as_i64() == other.as_i64())
        }
        (Node::List(items), Some(Value::Array(others))) if items.len() == others.len() => {
            for (number, (item, other)) in items.iter().zip(others).enumerate() {
                walk(item, Some(other), at.item(number), known, found);
            }
            true
        }
        (Node::Table(fields), Some(Value::Object(others))) => {
            for field in fields {
                walk(&field.value, others.get(&field.key), at.field(&field.key), known, found);
            }
            true
        }
        _ => false,
    };
    if !same {
        let wanted = wanted(expected, known);
        let is = actual.map_or_else(|| "not there".to_owned(), Value::to_string);
        found.push(Mismatch { line: expected.line, path: at.path, wanted, found: is });
    }
}

fn text_fits(text: &str, actual: Option<&Value>, key: Option<&str>, known: &mut Bindings<'_>) -> bool {
    if text == NONE {
        return actual.is_none();
    }
    let Some(actual) = actual else { return false };
    if text == ANY {
        return true;
    }
    if let Some(name) = capture(text) {
        return binds(name, actual, known);
    }
    let Some(actual) = actual.as_str() else { return false };
    if captures(text).next().is_some() {
        return words_fit(text, actual, known);
    }
    actual == text || known.id(key, text).is_some_and(|id| actual == id.to_string())
}

/// Bound here, or equal to what was bound before.
fn binds(name: &str, actual: &Value, known: &mut Bindings<'_>) -> bool {
    if let Some(bound) = known.get(name) {
        return plain(bound) == plain(actual);
    }
    known.bind(name, actual.clone());
    true
}

/// Word by word, where captures stand among others: `alerts:$alerts,chat:$chat`.
fn words_fit(expected: &str, actual: &str, known: &mut Bindings<'_>) -> bool {
    words(expected).count() == words(actual).count()
        && words(expected).zip(words(actual)).all(|((wanted, end), (word, ended))| {
            let fits = match capture(wanted) {
                Some(name) => binds(name, &Value::from(word), known),
                None => wanted == word,
            };
            fits && end == ended
        })
}

/// What was expected, with what is known by now.
fn wanted(expected: &Tree, known: &Bindings<'_>) -> String {
    match &expected.node {
        Node::Text(text) if text == ANY => "there".to_owned(),
        Node::Text(text) if text == NONE => "null or not there".to_owned(),
        Node::Text(text) => match capture(text).and_then(|name| known.get(name)) {
            Some(value) => format!("{value} ({text})"),
            None => format!("{text:?}"),
        },
        Node::List(items) if items.is_empty() => "[]".to_owned(),
        Node::List(items) => format!("{} items", items.len()),
        Node::Table(_) => "a table".to_owned(),
        Node::Bool(flag) => flag.to_string(),
        Node::Number(number) => number.to_string(),
    }
}

/// A header's value: equal, or beginning with what stands before a final `*`; `$name` binds.
pub fn header_fits(expected: &str, actual: Option<&str>, known: &mut Bindings<'_>) -> bool {
    match expected.strip_suffix('*') {
        Some(prefix) => actual.is_some_and(|actual| actual.starts_with(prefix)),
        None => text_fits(expected, actual.map(Value::from).as_ref(), None, known),
    }
}

/// A path: segment by segment, names as ids or as they are, captures bound.
pub fn path_fits(expected: &str, actual: &str, known: &mut Bindings<'_>) -> bool {
    let (wanted, came): (Vec<_>, Vec<_>) = (expected.split('/').collect(), actual.split('/').collect());
    wanted.len() == came.len()
        && wanted
            .iter()
            .zip(came)
            .all(|(wanted, came)| text_fits(wanted, Some(&Value::from(came)), None, known))
}

/// The first two neighbours that do not descend by `path`, if any.
pub fn disorder(items: &[Value], path: &str) -> Option<usize> {
    let key = |item: &Value| path.split('.').try_fold(item.clone(), |value, key| value.get(key).cloned());
    items.windows(2).position(|pair| !descends(key(&pair[0]), key(&pair[1])))
}

fn descends(earlier: Option<Value>, later: Option<Value>) -> bool {
    match (earlier, later) {
        (Some(Value::String(one)), Some(Value::String(other))) => one >= other,
        (Some(Value::Number(one)), Some(Value::Number(other))) => one.as_f64() >= other.as_f64(),
        _ => false,
    }
}

/// Where a field of this name occurs in an answer, however deep.
pub fn occurs(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(key, value)| key == name || occurs(value, name)),
        Value::Array(items) => items.iter().any(|item| occurs(item, name)),
        _ => false,
    }
}
