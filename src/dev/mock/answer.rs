//! Answers one request by the example that fits it.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::book::{Asked, Book};
use crate::dev::usecase::example::Example;
use crate::kernel::failure::Failure;
use crate::kernel::problem;
use crate::web::guard::too_large;

/// Names the use case that answered.
const USE_CASE: HeaderName = HeaderName::from_static("mock-use-case");

const CORS: [(HeaderName, HeaderValue); 5] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE")),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type, prefer")),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Front ends run on other ports: nothing here is anybody's, so everybody may read it.
pub(super) async fn open_to_all(request: Request, next: Next) -> Response {
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response =
        if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    for (name, value) in CORS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// The answer that a use case gives.
pub(super) async fn answer(book: &Book, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let body_max = book.body_max();
    let Ok(body) = to_bytes(body, body_max).await else {
        return Err(problem::BODY_TOO_LARGE.saying(too_large(body_max)));
    };
    let query = parts.uri.query().unwrap_or_default();
    let asked = Asked {
        method: &parts.method,
        path: parts.uri.path(),
        query: serde_urlencoded::from_str(query).unwrap_or_default(),
        headers: &parts.headers,
        body: &body,
    };
    let example = book.choose(&asked)?;
    let sent = serde_json::from_slice(&body).unwrap_or_default();
    Ok(response(example, example.response.body.clone().map(|body| for_whom(book, body, &sent))))
}

/// Whoever of the cast logs in is herself from then on, though a use case tells it of one of them only.
fn for_whom(book: &Book, mut body: Value, sent: &Value) -> Value {
    let nickname = sent.get("nickname").and_then(Value::as_str).map(str::to_lowercase);
    if let Some(person) = nickname.and_then(|nickname| book.cast().person(&nickname))
        && body.get("token").is_some()
    {
        body["token"] = person.nickname.as_str().into();
        body["nickname"] = person.nickname.as_str().into();
        body["member"] = person.id.to_string().into();
        body["state"] = "approved".into();
    }
    body
}

fn response(example: &Example, body: Option<Value>) -> Response {
    let status = StatusCode::from_u16(example.response.status).unwrap_or(StatusCode::OK);
    let refused = status.is_client_error() || status.is_server_error();
    let kind = if refused { "application/problem+json" } else { "application/json" };
    let mut response = match body {
        Some(body) => (status, [(header::CONTENT_TYPE, kind)], Body::from(body.to_string())).into_response(),
        None => status.into_response(),
    };
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    for (name, value) in &example.response.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    if let Ok(label) = HeaderValue::from_bytes(example.label().as_bytes()) {
        headers.insert(USE_CASE, label);
    }
    response
}
