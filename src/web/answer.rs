//! How a slice answers: JSON, a page, a redirect after a form, or nothing.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures::future::BoxFuture;
use futures::stream::once;
use futures::{FutureExt, TryFutureExt};
use serde::Serialize;

pub use super::extract::Json;
use crate::kernel::failure::Failure;

/// 201 with what was made.
#[derive(Debug)]
pub struct Created<T>(pub T);

/// 201 with what was made now, or 200 with what was there before: the same again changes nothing.
#[derive(Debug)]
pub enum CreatedOrExisting<T> {
    Now(T),
    Before(T),
}

/// 200 at once, and its JSON when it is there. While somebody waits, nothing is kept of the layers that her request
/// came through: a poll costs half of what it would cost as a pending request.
pub struct DeferredJson<T>(BoxFuture<'static, T>);

/// 204.
#[derive(Debug)]
pub struct NoContent;

/// A page: 200, or another status for a form that is shown again.
#[derive(Debug)]
pub struct Page<T>(StatusCode, T);

/// 303 after a form: the way back, and what to say there.
#[derive(Debug)]
pub struct SeeOther {
    to: String,
    notice: Option<String>,
}

/// What a [`SeeOther`] says, for the layers that show it ([`super::notice`], [`super::submission`]). It travels beside the response.
#[derive(Debug, Clone)]
pub struct Went {
    pub to: String,
    pub notice: Option<String>,
}

impl<T> DeferredJson<T> {
    pub fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(work.boxed())
    }
}

impl<T: Template> Page<T> {
    pub fn new(page: T) -> Self {
        Self(StatusCode::OK, page)
    }

    /// The form again, with the refusal's status.
    pub fn again(page: T, failure: &Failure) -> Self {
        Self(failure.status(), page)
    }
}

impl SeeOther {
    /// `to` is a path of this site.
    pub fn to(to: impl Into<String>) -> Self {
        Self { to: to.into(), notice: None }
    }

    /// Shows a sentence on the next page, once.
    #[must_use]
    pub fn saying(mut self, notice: impl Into<String>) -> Self {
        self.notice = Some(notice.into());
        self
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(self.0)).into_response()
    }
}

impl<T: Serialize> IntoResponse for CreatedOrExisting<T> {
    fn into_response(self) -> Response {
        match self {
            Self::Now(made) => Created(made).into_response(),
            Self::Before(made) => Json(made).into_response(),
        }
    }
}

impl<T: Serialize + 'static> IntoResponse for DeferredJson<T> {
    fn into_response(self) -> Response {
        let json = self.0.map(|value| serde_json::to_vec(&value));
        // It cannot be refused any more: what fails now cuts the answer off.
        let json = json.inspect_err(|fault| tracing::error!(%fault, "an answer is no JSON"));
        ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(once(json))).into_response()
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.1.render() {
            Ok(html) => (self.0, Html(html)).into_response(),
            Err(error) => Failure::internal(error).into_response(),
        }
    }
}

impl IntoResponse for SeeOther {
    fn into_response(self) -> Response {
        let Ok(to) = HeaderValue::try_from(ascii(&self.to)) else {
            return Failure::internal(format!("{} is no address", self.to)).into_response();
        };
        let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
        response.extensions_mut().insert(Went { to: self.to, notice: self.notice });
        response
    }
}

/// Nicknames may hold letters that an address may not.
fn ascii(path: &str) -> String {
    path.bytes().fold(String::new(), |mut ascii, byte| {
        if byte.is_ascii_graphic() {
            ascii.push(char::from(byte));
        } else {
            ascii.push_str(&format!("%{byte:02X}"));
        }
        ascii
    })
}
