//! The page to log in, for browsers: the token goes into a cookie that scripts cannot read.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::device;
use super::open_session::{self, Input};
use crate::config::Config;
use crate::context::Context;
use crate::failure::Failure;
use crate::web::answer::{Done, Page};
use crate::web::extract::{Form, Query};
use crate::web::form::FormState;
use crate::web::session::cookie_name;
use crate::web::shell::Shell;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Before {
    /// The page that she wanted to see.
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginForm {
    nickname: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "register/login.html")]
pub(super) struct LoginPage {
    shell: Shell,
    form: FormState,
    next: String,
}

pub(super) async fn page(shell: Shell, Query(before): Query<Before>) -> Page<LoginPage> {
    let next = own_path(&before.next).unwrap_or_default().to_owned();
    Page::new(LoginPage { shell: shell.titled("Log in"), form: FormState::default(), next })
}

pub(super) async fn form(
    State(ctx): State<Context>,
    shell: Shell,
    headers: HeaderMap,
    Form { input, state }: Form<LoginForm>,
) -> Result<Response, Failure> {
    let LoginForm { nickname, password, next } = input;
    let next = own_path(&next).unwrap_or_default().to_owned();
    let input = Input { nickname, password };
    let tried = open_session::run(&ctx, input, &device::name(&headers)).await;
    match tried {
        Ok(opened) => {
            let to = match opened.state.as_str() {
                "approved" if next.is_empty() => "/",
                "approved" => &next,
                _ => "/welcome",
            };
            let mut response = Done::to(to).into_response();
            let cookie = cookie(ctx.config(), &opened.token)?;
            response.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(failure) if failure.status() == StatusCode::UNAUTHORIZED => {
            let form = state.refused(&failure);
            let page = LoginPage { shell: shell.titled("Log in"), form, next };
            Ok(Page::again(page, &failure).into_response())
        }
        Err(failure) => Err(failure),
    }
}

/// The session's cookie; an empty token takes it back.
pub(super) fn cookie(config: &Config, token: &str) -> Result<HeaderValue, Failure> {
    let name = cookie_name(config);
    let secure = if config.is_https() { "; Secure" } else { "" };
    let seconds = if token.is_empty() { 0 } else { u32::from(config.session_days) * 24 * 60 * 60 };
    let cookie = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::try_from(cookie).map_err(Failure::internal)
}

/// A path of this site: nobody is sent elsewhere by a link to the login.
fn own_path(next: &str) -> Option<&str> {
    let own = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    own.then_some(next)
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn nobody_is_sent_elsewhere() {
        assert_eq!(own_path("/alerts?from=x"), Some("/alerts?from=x"));
        for bad in ["", "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"] {
            assert_eq!(own_path(bad), None, "{bad}");
        }
    }
}
