//! `GET /api/openapi.json`: the document for whoever asks. It changes with the program only, so it is built once.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use super::{Example, document, with_examples};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::module::Registry;
use crate::web::statics::{etag_of, knows};

/// Where the document is.
pub const PATH: &str = "/api/openapi.json";
/// Of the use cases, written by `./r test --bless`: a running site has no folder of them.
const EXAMPLES: &str = include_str!("../../docs/examples.json");
/// A new version of the site may say more.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=300");

struct Text {
    body: Bytes,
    etag: String,
}

/// [`PATH`]. It says nothing that is not public.
pub fn routes() -> Router<Context> {
    routes_of(|ctx| served(ctx.registry()))
}

/// The document as the site serves it, with examples.
///
/// # Panics
/// When what is committed cannot be read. A test comes through here.
pub fn served(registry: &Registry) -> Value {
    let examples: Vec<Example> = serde_json::from_str(EXAMPLES).unwrap_or_else(|error| {
        unreachable!("docs/examples.json cannot be read ({error}): ./r test --bless writes it anew")
    });
    with_examples(document(registry), &examples)
}

/// The same for a document that somebody else makes.
#[expect(clippy::disallowed_methods, reason = "the document is about the actions, and none of them")]
pub fn routes_of(document: impl Fn(&Context) -> Value + Clone + Send + Sync + 'static) -> Router<Context> {
    let text = Arc::new(OnceLock::new());
    let send = move |State(ctx): State<Context>, headers: HeaderMap| async move {
        answer(text.get_or_init(|| build(&document(&ctx))), &headers)
    };
    Router::new().route(PATH, get(send))
}

fn build(document: &Value) -> Text {
    let body = Bytes::from(document.to_string());
    Text { etag: etag_of(&body), body }
}

fn answer(text: &Text, headers: &HeaderMap) -> Result<Response, Failure> {
    let etag = HeaderValue::from_str(&text.etag).map_err(Failure::internal)?;
    let caching = [(header::ETAG, etag), (header::CACHE_CONTROL, CACHED)];
    if knows(headers, &text.etag) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    Ok((caching, [(header::CONTENT_TYPE, "application/json")], text.body.clone()).into_response())
}
