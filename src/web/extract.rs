//! Input from requests. Whatever cannot be read is refused with the field's name, never with a 500.

use std::collections::BTreeMap;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Request};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::fields::fields_of;
use super::form::FormState;
use super::origin::is_api;
use crate::kernel::failure::Failure;
use crate::kernel::problem;

/// How JSON writes a NUL.
const NUL_IN_JSON: &[u8] = br"\u0000";

/// A JSON body in, or out.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// The query string. Programs may name known fields only, and each once. To a page others add what they like
/// (`fbclid`, `utm_source`): it does not look at that, and of a field that is there several times it takes the last.
#[derive(Debug)]
pub struct Query<T>(pub T);

/// The path's parameters. What is no id or nickname is nobody's: 404.
#[derive(Debug)]
pub struct Path<T>(pub T);

/// A form as posted: typed for the slice, and as text to show it again.
#[derive(Debug)]
pub struct Form<T> {
    pub input: T,
    pub state: FormState,
}

/// A photo as the whole body. What it is, its bytes say.
#[derive(Debug)]
pub struct Upload(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let sent = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !sent.is_some_and(|sent| sent.trim_start().to_ascii_lowercase().starts_with("image/")) {
            let detail = "Send the photo as it is, and say in Content-Type which kind it is: image/jpeg.";
            return Err(problem::UNSUPPORTED_MEDIA_TYPE.saying(detail));
        }
        // The guard has read it, as far as the action allows: more than axum does by default.
        let bytes = to_bytes(request.into_body(), usize::MAX).await;
        bytes.map(Self).map_err(|_| problem::BODY_UNREADABLE.failure())
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        expect_type(&request, "application/json")?;
        let bytes = read(request, state).await?;
        // All of it first: a field of what is no JSON is no use to anybody.
        serde_json::from_slice::<IgnoredAny>(&bytes).map_err(|error| malformed_json(&error))?;
        if !bytes.trim_ascii_start().starts_with(b"{") {
            // serde would take a list for a struct, field by field.
            return Err(problem::WRONG_TYPE.saying("Send one JSON object: { … }.").at("body"));
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| refuse_json(&error))?;
        refuse_nul_in_json(&bytes)?;
        Ok(Self(value))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => Failure::internal(error).into_response(),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        // A form without fields has no body, and some clients then send no type either.
        if request.headers().contains_key(header::CONTENT_TYPE) {
            expect_type(&request, "application/x-www-form-urlencoded")?;
        }
        let bytes = read(request, state).await?;
        let text = std::str::from_utf8(&bytes).map_err(|_| problem::MALFORMED_FORM.failure())?;
        Ok(Self { input: urlencoded(text)?, state: FormState::of(text) })
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let query = parts.uri.query().unwrap_or_default();
        let read = if is_api(parts.uri.path()) { urlencoded(query) } else { urlencoded(&known::<T>(query)) };
        read.map(Self)
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        // Postgres keeps no NUL, so nobody's name has one.
        if parts.uri.path().contains("%00") {
            return Err(Failure::not_found());
        }
        #[expect(clippy::disallowed_types, reason = "this is the wrapper around it")]
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|_| Failure::not_found())
    }
}

/// The path and query as the client sent them, to come back to.
pub fn original_target(parts: &Parts) -> String {
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
}

fn expect_type(request: &Request, wanted: &'static str) -> Result<(), Failure> {
    let sent = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = sent.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    let detail = format!("Send this as {wanted}, and say so in Content-Type.");
    Err(problem::UNSUPPORTED_MEDIA_TYPE.saying(detail))
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Failure> {
    Bytes::from_request(request, state).await.map_err(|_| problem::BODY_UNREADABLE.failure())
}

fn malformed_json(error: &serde_json::Error) -> Failure {
    let (line, column) = (error.line(), error.column());
    problem::MALFORMED_JSON.saying(format!("The body is not JSON: line {line}, column {column}."))
}

fn refuse_json(error: &serde_path_to_error::Error<serde_json::Error>) -> Failure {
    if !error.inner().is_data() {
        return malformed_json(error.inner());
    }
    refuse_field(&error.path().to_string(), &error.inner().to_string())
}

/// Postgres keeps no NUL in a text, and nobody means one: it is refused here, once for all slices.
fn refuse_nul_in_json(bytes: &[u8]) -> Result<(), Failure> {
    // A bare NUL is no JSON already; an escaped one is rare enough to read the whole again.
    if !bytes.windows(NUL_IN_JSON.len()).any(|part| part == NUL_IN_JSON) {
        return Ok(());
    }
    match nul_at(&serde_json::from_slice(bytes)?) {
        Some(path) => Err(refuse_nul(path)),
        None => Ok(()),
    }
}

/// The dotted path of the first text with a NUL in it; of the body itself, an empty one.
fn nul_at(value: &Value) -> Option<String> {
    let inside = |name: &str, value: &Value| {
        nul_at(value).map(|path| if path.is_empty() { name.to_owned() } else { format!("{name}.{path}") })
    };
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items.iter().enumerate().find_map(|(at, item)| inside(&at.to_string(), item)),
        Value::Object(fields) => fields.iter().find_map(|(name, field)| inside(name, field)),
        _ => None,
    }
}

fn refuse_nul(field: String) -> Failure {
    let field = if field.is_empty() { "body".to_owned() } else { field };
    problem::NUL.at(field)
}

fn urlencoded<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    if let Some((field, _)) = form_pairs(text).find(|(_, value)| value.contains('\0')) {
        return Err(refuse_nul(field.into_owned()));
    }
    let pairs = serde_urlencoded::Deserializer::new(form_pairs(text));
    serde_path_to_error::deserialize(pairs)
        .map_err(|error| refuse_field(&error.path().to_string(), &error.inner().to_string()))
}

/// What a page looks at of its query.
fn known<T: DeserializeOwned>(query: &str) -> String {
    let Some(fields) = fields_of::<T>() else { return query.to_owned() };
    let known = form_pairs(query).filter(|(name, _)| fields.contains(&name.as_ref()));
    let last: BTreeMap<_, _> = known.collect();
    form_urlencoded::Serializer::new(String::new()).extend_pairs(last).finish()
}

fn form_pairs(text: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(text.as_bytes())
}

/// serde's sentence, with the field's whole name in front and without the position in the text.
fn refuse_field(path: &str, message: &str) -> Failure {
    let message = message.split(" at line ").next().unwrap_or(message);
    let quoted = || message.split('`').nth(1).unwrap_or_default();
    let parent = path.trim_matches('.');
    let (field, failure) = if message.starts_with("unknown field") {
        let detail = format!("This field is not known here: {message}.");
        (join(parent, quoted()), problem::UNKNOWN_FIELD.saying(detail))
    } else if message.starts_with("missing field") {
        (join(parent, quoted()), problem::MISSING.failure())
    } else if message.starts_with("duplicate field") {
        (join(parent, quoted()), problem::DUPLICATE_FIELD.failure())
    } else {
        (parent.to_owned(), problem::WRONG_TYPE.saying(format!("This cannot be read: {message}.")))
    };
    failure.at(if field.is_empty() { "body".to_owned() } else { field })
}

fn join(parent: &str, field: &str) -> String {
    if parent.is_empty() || parent == field || parent.ends_with(&format!(".{field}")) {
        return if parent.is_empty() { field.to_owned() } else { parent.to_owned() };
    }
    format!("{parent}.{field}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    #[expect(dead_code, reason = "only its refusals are looked at")]
    struct Input {
        nickname: String,
        ideal: Ideal,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Ideal {
        from: i32,
    }

    fn refused(json: &str) -> (u16, String) {
        let mut json = serde_json::Deserializer::from_str(json);
        let error = serde_path_to_error::deserialize::<_, Input>(&mut json).unwrap_err();
        let failure = refuse_json(&error);
        (failure.status().as_u16(), failure.refused().first().map(|f| f.field.clone()).unwrap_or_default())
    }

    #[test]
    fn a_refusal_names_the_field() {
        assert_eq!(refused(r#"{"nickname": 3}"#), (422, "nickname".into()));
        assert_eq!(refused(r#"{"nickname": "bob"}"#), (422, "ideal".into()));
        assert_eq!(refused(r#"{"nickname": "bob", "ideal": {"from": "x"}}"#), (422, "ideal.from".into()));
        assert_eq!(refused(r#"{"nickname": "bob", "ideal": {"to": 1}}"#), (422, "ideal.to".into()));
        assert_eq!(refused(r#"{"nickname": "bob", "ideal": {}}"#), (422, "ideal.from".into()));
        assert_eq!(refused(r#"{"shoe": 1}"#), (422, "shoe".into()));
        assert_eq!(refused("[]").0, 422);
        assert_eq!(refused("{"), (400, String::new()));
    }

    #[test]
    fn a_nul_is_refused_at_its_field() {
        let at = |json: &str| refuse_nul_in_json(json.as_bytes()).err().map(|f| f.refused()[0].field.clone());
        assert_eq!(at(r#"{"ideal": {"place": "a\u0000b"}}"#), Some("ideal.place".into()));
        assert_eq!(at(r#"["a", "\u0000"]"#), Some("1".into()));
        assert_eq!(at(r#""\u0000""#), Some("body".into()));
        assert_eq!(at(r#"{"text": "\\u0000"}"#), None);
        let form = urlencoded::<BTreeMap<String, String>>("a=1&b=x%00");
        assert_eq!(form.unwrap_err().refused()[0].field, "b");
    }

    #[tokio::test]
    async fn a_page_reads_what_it_knows_and_a_program_says_nothing_else() {
        let read = async |target: &str| {
            let (mut parts, ()) = axum::http::Request::builder().uri(target).body(()).unwrap().into_parts();
            Query::<Ideal>::from_request_parts(&mut parts, &()).await.map(|Query(ideal)| ideal.from)
        };
        for query in [
            "from=18",
            "from=18&fbclid=IwAR0_-x",
            "utm_source=a&from=18&utm_source=b",
            "x=%00&from=18",
            "from=1&from=18",
            "&&=&from=18&%zz",
            "from=x&from=18",
        ] {
            assert_eq!(read(&format!("/search?{query}")).await.unwrap(), 18, "{query}");
        }
        for query in ["from=x", "fbclid=1", "from=%00"] {
            assert_eq!(read(&format!("/search?{query}")).await.unwrap_err().status(), 422, "{query}");
        }
        for query in ["from=18&fbclid=1", "from=1&from=18", "from=18&x=%00"] {
            assert_eq!(read(&format!("/api/search?{query}")).await.unwrap_err().status(), 422, "{query}");
        }
    }
}
