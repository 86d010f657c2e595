//! What RFC 9110 and RFC 9112 would have a server refuse, and hyper lets through. `tests/house/wire.rs` looks at both.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::host;
use crate::kernel::failure::Failure;
use crate::kernel::module::changes;
use crate::kernel::problem;

/// Refuses what is unclear, and what asks for more than this site does. The connection ends: what comes next on it may
/// be meant differently, too.
pub async fn refuse(request: Request, next: Next) -> Response {
    let Some(failure) = fault(&request) else { return next.run(request).await };
    let mut response = failure.into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn fault(request: &Request) -> Option<Failure> {
    let (headers, changes) = (request.headers(), changes(request.method()));
    if !host::is_clear(request) {
        return Some(problem::BAD_HOST.failure());
    }
    if !is_chunked_once(headers) {
        return Some(problem::BAD_LENGTH.failure());
    }
    if headers.get(header::EXPECT).is_some_and(|value| !is_word(value, "100-continue")) {
        return Some(problem::EXPECTATION_FAILED.failure());
    }
    if headers.get_all(header::CONTENT_ENCODING).iter().any(|value| !is_word(value, "identity")) {
        return Some(problem::ENCODED.failure());
    }
    // Nothing here can be changed in part, and nothing that can be changed has a version to compare with.
    if changes && headers.contains_key(header::CONTENT_RANGE) {
        return Some(problem::PARTIAL.failure());
    }
    let unknown_version = headers.get_all(header::IF_MATCH).iter().any(|value| !is_word(value, "*"));
    (changes && unknown_version).then(|| problem::PRECONDITION_FAILED.failure())
}

/// No transfer coding, or `chunked`, once (RFC 9112, 6.1): a proxy may read another length out of anything else. Of a
/// length beside it hyper takes no notice, and ends the connection.
fn is_chunked_once(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => is_word(coding, "chunked"),
        (Some(_), Some(_)) => false,
    }
}

fn is_word(value: &HeaderValue, word: &str) -> bool {
    value.as_bytes().trim_ascii().eq_ignore_ascii_case(word.as_bytes())
}
