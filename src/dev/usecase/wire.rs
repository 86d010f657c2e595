//! A call as it goes over the wire: names and captures filled in, the body encoded.

use axum::http::{Method, header};

use super::model::{Body, Call, Caller};
use super::names::{Bindings, PLAIN_KEYS, capture, plain, words};
use crate::kernel::module::{ActionRecord, Face};

/// A request without its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    pub method: Method,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Wire {
    /// Fills in what the case knows by now.
    pub fn of(call: &Call, known: &Bindings<'_>) -> Self {
        let mut target = path(&call.path, call.action.as_ref(), known);
        let query: Vec<(&str, String)> = call
            .query
            .iter()
            .map(|(key, value)| (key.as_str(), inside(&plain(&known.text(Some(key), value)), known)))
            .collect();
        if !query.is_empty() {
            target.push('?');
            target.push_str(&encode(&query));
        }
        let mut headers: Vec<_> =
            call.headers.iter().map(|(name, value)| (name.to_lowercase(), inside(value, known))).collect();
        let (kind, body) = match &call.body {
            Body::None => (None, Vec::new()),
            Body::Json(tree) => (Some("application/json"), known.json(None, tree).to_string().into_bytes()),
            Body::Form(pairs) => (Some("application/x-www-form-urlencoded"), form(pairs, known).into_bytes()),
            Body::Raw(text) => (Some("application/json"), text.clone().into_bytes()),
            Body::File(file) => (Some(file.kind), file.bytes.clone()),
        };
        if let Some(kind) = kind
            && !headers.iter().any(|(name, _)| name == header::CONTENT_TYPE.as_str())
        {
            headers.push((header::CONTENT_TYPE.to_string(), kind.to_owned()));
        }
        Self { method: call.method.clone(), target, headers, body }
    }

    /// True below `/api`.
    pub fn is_api(&self) -> bool {
        is_api(&self.target)
    }

    /// For failure messages: `POST /api/block/0000… {"text":"…"}`.
    pub fn describe(&self, actor: &Caller) -> String {
        let body = std::str::from_utf8(&self.body).unwrap_or("(a file)");
        format!("{} {} as {actor} {body}", self.method, self.target).trim_end().to_owned()
    }
}

/// True for a path below `/api`.
pub fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// Pairs as a form or a query string carries them.
pub fn encode(pairs: &[(&str, String)]) -> String {
    // Texts always encode: the error case is for types that a form cannot hold.
    serde_urlencoded::to_string(pairs).unwrap_or_default()
}

fn form(pairs: &[(String, String)], known: &Bindings<'_>) -> String {
    let filled: Vec<_> = pairs.iter().map(|(key, value)| (key.as_str(), inside(value, known))).collect();
    encode(&filled)
}

/// A path with its captures filled in; below `/api`, nicknames become ids.
pub fn path(written: &str, action: Option<&ActionRecord>, known: &Bindings<'_>) -> String {
    let api = action.map_or_else(|| is_api(written), |action| action.face == Face::Json);
    let pattern: Vec<&str> = action.map(|action| action.path.split('/').collect()).unwrap_or_default();
    let segments = written.split('/').enumerate().map(|(at, segment)| {
        if let Some(value) = capture(segment).and_then(|name| known.get(name)) {
            return escape(&plain(value));
        }
        let parameter = pattern.get(at).and_then(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let plain_here = parameter.is_some_and(|name| PLAIN_KEYS.contains(&name));
        // A fixed segment of the pattern is never a person, whatever people are called.
        let fixed = !pattern.is_empty() && parameter.is_none();
        match known.id(None, segment) {
            Some(id) if api && !plain_here && !fixed => id.to_string(),
            _ => segment.to_owned(),
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A text in which `$name` may stand as one word among others: `Bearer $token`, `chat:$version`.
pub fn inside(text: &str, known: &Bindings<'_>) -> String {
    let mut filled = String::with_capacity(text.len());
    for (word, end) in words(text) {
        match capture(word).and_then(|name| known.get(name)) {
            Some(value) => filled.push_str(&plain(value)),
            None => filled.push_str(word),
        }
        filled.extend(end);
    }
    filled
}

/// Percent-encodes what a path segment cannot hold.
fn escape(segment: &str) -> String {
    let mut escaped = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// True when a path that a case wrote fits an action's pattern.
pub fn fits(pattern: &str, written: &str) -> bool {
    let (pattern, written) = (pattern.split('/'), written.split('/'));
    pattern.clone().count() == written.clone().count()
        && pattern.zip(written).all(
            |(part, segment)| {
                if part.starts_with('{') { !segment.is_empty() } else { part == segment }
            },
        )
}

/// The action that a call goes to; a fixed segment wins over a parameter, as in the router.
pub fn action<'r>(actions: &'r [ActionRecord], method: &Method, path: &str) -> Option<&'r ActionRecord> {
    actions
        .iter()
        .filter(|record| record.action.method == *method && fits(&record.path, path))
        .min_by_key(|record| record.path.split('/').map(|part| part.starts_with('{')).collect::<Vec<_>>())
}
