//! Compresses pages and JSON on their way out, where the client takes gzip.
//!
//! The length of a compressed answer tells something of what is in it (BREACH). So only what is read is compressed:
//! what answers a change repeats what was sent, and the answer to a login holds its token. The rest is padded by a
//! random length, and holds no secret that stays the same from one time to the next (decision 85). Streams, and
//! answers that begin before their content is there, go out as they are.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use axum::middleware::Next;
use hyper::body::Body;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::Predicate;

use super::coding::{GZIP, accepts};

/// Less than this fits into one packet as it is.
const BYTES_MIN: u64 = 1024;
/// What is worth it. Our images are static files.
const TEXTS: [&str; 3] = ["text/html", "application/json", "application/problem+json"];
/// Hides some bytes more or less.
const PADDING: HeaderName = HeaderName::from_static("padding");
const PADDING_MAX: usize = 64;
const ZEROS: [u8; PADDING_MAX] = [b'0'; PADDING_MAX];

/// The layer that compresses; [`prepare`] stands before it.
pub fn layer() -> CompressionLayer<Worth> {
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(Worth)
}

/// Answers that are texts, long enough, and whole when they begin.
#[derive(Debug, Clone, Copy)]
pub struct Worth;

impl Predicate for Worth {
    fn should_compress<B: Body>(&self, response: &Response<B>) -> bool {
        let headers = response.headers();
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_text = TEXTS.contains(&kind.split(';').next().unwrap_or_default());
        is_text && length(response).is_some_and(|length| length >= BYTES_MIN)
    }
}

/// To HEAD the body is empty, and its header says how long it would be.
fn length<B: Body>(response: &Response<B>) -> Option<u64> {
    let said = response.headers().get(header::CONTENT_LENGTH);
    let said = said.and_then(|length| length.to_str().ok()?.parse().ok());
    said.or_else(|| response.body().size_hint().exact())
}

/// Lets only gzip be asked for, and only by who reads; pads what was compressed.
pub async fn prepare(mut request: Request, next: Next) -> axum::response::Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let takes = reads && accepts(request.headers(), GZIP);
    request.headers_mut().remove(header::ACCEPT_ENCODING);
    if takes {
        request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static(GZIP));
    }
    let mut response = next.run(request).await;
    if response.headers().contains_key(header::CONTENT_ENCODING) {
        let headers = response.headers_mut();
        weaken(headers);
        if let Ok(zeros) = HeaderValue::from_bytes(&ZEROS[..rand::random_range(0..PADDING_MAX)]) {
            headers.insert(PADDING, zeros);
        }
    }
    response
}

/// The same content in other bytes: a strong tag would name both.
fn weaken(headers: &mut HeaderMap) {
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let weak = tag.filter(|tag| !tag.starts_with("W/")).map(|tag| format!("W/{tag}"));
    if let Some(weak) = weak.and_then(|tag| HeaderValue::try_from(tag).ok()) {
        headers.insert(header::ETAG, weak);
    }
}
