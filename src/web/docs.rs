//! `GET /api/docs`: the API to read and to try in a browser. The viewer is vendored, and the page asks no other host.

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use super::headers::CSP_DOCS;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::openapi::serve::PATH as DOCUMENT;

/// Where the page is.
pub const PATH: &str = "/api/docs";
/// Who one is there, on the site itself.
pub const LOGGED_IN: &str = "Calls are yours if you are logged in in this browser, or of whoever's token you give \
     under “Authorize”; POST /api/session gives one.";

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage {
    document: &'static str,
    hint: &'static str,
}

/// [`PATH`]; `hint` says on whose behalf it calls.
#[expect(clippy::disallowed_methods, reason = "the page is about the actions, and none of them")]
pub fn routes(hint: &'static str) -> Router<Context> {
    Router::new().route(PATH, get(async move || show(hint)))
}

fn show(hint: &'static str) -> Result<Response, Failure> {
    let page = DocsPage { document: DOCUMENT, hint }.render().map_err(Failure::internal)?;
    Ok(([(header::CONTENT_SECURITY_POLICY, CSP_DOCS)], Html(page)).into_response())
}
