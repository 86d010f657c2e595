//! Everything that the mock can answer, for people and for programs.

use askama::Template;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;

use super::book::Book;
use crate::dev::usecase::example::Example;
use crate::kernel::failure::Failure;
use crate::web::answer::Json;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    method: String,
    /// With its query.
    path: String,
    /// The token; null is nobody.
    r#as: Option<String>,
    status: u16,
    /// What `Prefer: example="…"` takes.
    use_case: String,
    module: &'static str,
    /// False while only use cases know of it.
    built: bool,
}

#[derive(Serialize)]
struct List {
    items: Vec<Item>,
}

#[derive(Template)]
#[template(path = "mock.html")]
struct ListPage {
    items: Vec<Item>,
    people: Vec<String>,
}

impl Item {
    fn of(example: &Example) -> Self {
        Self {
            method: example.request.method.to_string(),
            path: example.target(),
            r#as: example.actor.clone(),
            status: example.response.status,
            use_case: example.label(),
            module: example.module,
            built: example.action.is_some(),
        }
    }
}

/// A page for browsers, JSON for everything else.
pub(super) fn show(book: &Book, headers: &HeaderMap) -> Result<Response, Failure> {
    let items: Vec<Item> = book.examples().iter().map(Item::of).collect();
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accepts.contains("text/html") {
        return Ok(Json(List { items }).into_response());
    }
    let people = book.cast().nicknames().map(str::to_owned).collect();
    Ok(Html(ListPage { items, people }.render().map_err(Failure::internal)?).into_response())
}
