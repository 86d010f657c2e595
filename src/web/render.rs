//! Gives every refusal its body: problem JSON (RFC 9457) below `/api`, a page with a way back elsewhere.

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::SeeOther;
use super::form::FormState;
use super::layout::Layout;
use super::login_page::LoginPage;
use super::submission::{Kept, is_own_path};
use super::visitor::{Actor, State, Visitor};
use crate::kernel::failure::{Failure, FieldError};
use crate::kernel::problem::FROM_ELSEWHERE;

/// Header of the request's id.
pub const REQUEST_ID: &str = "x-request-id";

/// A refusal as programs read it (RFC 9457).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemBody<'a> {
    /// `urn:happypancake:problem:` and the code.
    r#type: String,
    /// The status in words.
    title: &'a str,
    status: u16,
    /// What to do about it, for a person. It may change.
    detail: &'a str,
    /// What to rely on.
    code: &'a str,
    /// The refused fields.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    /// `urn:uuid:` and the number of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
}

/// A refusal as people read it.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Layout,
    status: u16,
    heading: String,
    detail: String,
    code: String,
    request_id: String,
    ways: Vec<(String, String)>,
    /// What was typed into the form that was refused.
    kept: Option<Kept>,
    /// True where the same form may pass in a moment.
    passes_later: bool,
}

/// What a refusal needs to know of its request.
struct Asked {
    method: Method,
    target: String,
    is_api: bool,
    request_id: String,
    /// The page of this site that the request came from; empty where none is known.
    from: String,
}

/// The middleware. Inside of it, the layer that knows the [`Visitor`] leaves her in the answer's extensions.
pub async fn failures(request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let mut response = next.run(request).await;
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        if let Some(cause) = failure.cause() {
            let (code, request_id) = (failure.code(), &asked.request_id);
            // What passes by itself is nobody's fault.
            if failure.is_transient() {
                tracing::warn!(code, %cause, request_id, "a request has to come again");
            } else {
                tracing::error!(code, %cause, request_id, "a request failed");
            }
        }
        let actor = response.extensions().get::<Visitor>().and_then(|visitor| visitor.actor.clone());
        let kept = response.extensions_mut().remove::<Kept>();
        let headers = std::mem::take(response.headers_mut());
        response = body(&failure, &asked, actor.as_ref(), kept);
        keep(response.headers_mut(), &headers);
    }
    response
}

impl Asked {
    fn of(request: &Request) -> Self {
        let uri = request.uri();
        let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
        Self {
            method: request.method().clone(),
            target: uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            is_api: uri.path() == "/api" || uri.path().starts_with("/api/"),
            request_id: id.to_owned(),
            from: own_page(request.headers()).unwrap_or_default(),
        }
    }
}

/// Headers that other layers gave the refusal (rate limits, say) stay.
fn keep(headers: &mut HeaderMap, others: &HeaderMap) {
    for (name, value) in others {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            headers.append(name, value.clone());
        }
    }
}

fn body(failure: &Failure, asked: &Asked, actor: Option<&Actor>, kept: Option<Kept>) -> Response {
    let mut response = if asked.is_api {
        problem(failure, asked)
    } else if failure.status() == StatusCode::UNAUTHORIZED {
        return kept.map_or_else(|| log_in(asked), |kept| log_in_again(asked, &kept));
    } else if failure.code() == "not-approved" && asked.method == Method::GET {
        return SeeOther::to("/welcome").into_response();
    } else {
        page(failure, asked, actor, kept)
    };
    if let Some(wait) = failure.wait() {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    response
}

fn problem(failure: &Failure, asked: &Asked) -> Response {
    let problem = ProblemBody {
        r#type: format!("urn:happypancake:problem:{}", failure.code()),
        title: failure.status().canonical_reason().unwrap_or("Refused"),
        status: failure.status().as_u16(),
        detail: failure.detail(),
        code: failure.code(),
        errors: failure.refused(),
        instance: (!asked.request_id.is_empty()).then(|| format!("urn:uuid:{}", asked.request_id)),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response =
        (failure.status(), [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
    if failure.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// To the login, and from there back to a page; never back to a form's target.
fn log_in(asked: &Asked) -> Response {
    if asked.method != Method::GET || asked.target == "/" {
        return SeeOther::to("/login").into_response();
    }
    let next: String = form_urlencoded::byte_serialize(asked.target.as_bytes()).collect();
    SeeOther::to(format!("/login?next={next}")).into_response()
}

/// The login in place of what a form would have done: afterwards the form is sent as it was. Where it holds a
/// password it has to be filled in again, and the login leads back to its page.
fn log_in_again(asked: &Asked, kept: &Kept) -> Response {
    let again = kept.after_login();
    let next = if again.is_some() { String::new() } else { asked.from.clone() };
    let shell = Layout::around("Log in", "/login", None, &asked.request_id);
    let page = LoginPage::new(shell, FormState::default(), next, again);
    rendered(StatusCode::UNAUTHORIZED, &page, "Log in first.")
}

/// The page that a browser says it comes from, if it is one of this site.
fn own_page(headers: &HeaderMap) -> Option<String> {
    let from: Uri = headers.get(header::REFERER)?.to_str().ok()?.parse().ok()?;
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let path = from.path_and_query()?.as_str();
    (from.authority()?.as_str() == host && is_own_path(path)).then(|| path.to_owned())
}

fn page(failure: &Failure, asked: &Asked, actor: Option<&Actor>, kept: Option<Kept>) -> Response {
    let heading = match failure.status() {
        StatusCode::NOT_FOUND => "There is nothing here",
        _ if failure.code() == FROM_ELSEWHERE.code => "Open this page?",
        StatusCode::FORBIDDEN => "This is not for you",
        StatusCode::TOO_MANY_REQUESTS => "That was a lot at once",
        StatusCode::METHOD_NOT_ALLOWED => "That does not work here",
        status if status.is_server_error() => "This did not work",
        _ => "This cannot be done",
    };
    let home = (String::from("/"), String::from("Back to the start"));
    let own = match actor {
        None => (String::from("/login"), String::from("Log in")),
        Some(actor) if actor.state == State::Approved => ("/alerts".into(), "Your alerts".into()),
        Some(_) => ("/welcome".into(), "How your application stands".into()),
    };
    let detail = match failure.refused().first() {
        Some(refused) if failure.refused().len() == 1 => format!("{}: {}", refused.field, refused.detail),
        _ => failure.detail().to_owned(),
    };
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let unreadable = failure.status() == StatusCode::UNPROCESSABLE_ENTITY && !query.is_empty();
    let whole = (asked.method == Method::GET && unreadable)
        .then(|| (path.to_owned(), "This page from its beginning".to_owned()));
    let stopped = failure.code() == FROM_ELSEWHERE.code;
    // Her own step, which counts: from here it is one of this site's.
    let on = stopped.then(|| (asked.target.clone(), "Open it".to_owned()));
    let page = ErrorPage {
        shell: Layout::around(heading, path, actor, &asked.request_id),
        status: failure.status().as_u16(),
        heading: heading.to_owned(),
        detail,
        code: failure.code().to_owned(),
        request_id: asked.request_id.clone(),
        ways: on.into_iter().chain(whole).chain([home, own]).collect(),
        passes_later: failure.wait().is_some() || failure.status().is_server_error(),
        kept,
    };
    rendered(failure.status(), &page, failure.detail())
}

/// The page, or a sentence where it does not render.
fn rendered(status: StatusCode, page: &impl Template, plain: &str) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page does not render");
            (status, plain.to_owned()).into_response()
        }
    }
}
