//! The page to log in, for browsers: the token goes into a cookie that scripts cannot read.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::open_session::{self, Input};
use super::{close_session, device};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::web::answer::{Page, SeeOther};
use crate::web::extract::{Form, Query};
use crate::web::form::FormState;
use crate::web::known_device;
use crate::web::layout::Layout;
use crate::web::login_page::LoginPage;
use crate::web::session::session_cookie;
use crate::web::submission::{Carried, is_own_path};
use crate::web::visitor::Visitor;

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

pub(super) async fn page(shell: Layout, Query(before): Query<Before>) -> Page<LoginPage> {
    Page::new(LoginPage::new(shell, FormState::default(), own_path(before.next), None))
}

pub(super) async fn form(
    State(ctx): State<Context>,
    (shell, visitor): (Layout, Visitor),
    headers: HeaderMap,
    Carried(again): Carried,
    Form { input, state }: Form<LoginForm>,
) -> Result<Response, Failure> {
    let LoginForm { nickname, password, next } = input;
    let next = own_path(next);
    let input = Input { nickname, password };
    let tried = open_session::run(&ctx, input, &visitor, &device::name(&headers)).await;
    match tried {
        Ok(opened) => {
            // The browser forgets the token of the login before, so nobody could end it from here any more.
            if let Some(before) = &visitor.actor {
                close_session::run(&ctx, before).await?;
            }
            let mut response = match again {
                // The browser sends the same form there, which the guard takes out of the login's fields.
                Some(again) => Redirect::temporary(again.path()).into_response(),
                None if opened.state != "approved" => SeeOther::to("/welcome").into_response(),
                None if next.is_empty() => SeeOther::to("/").into_response(),
                None => SeeOther::to(next).into_response(),
            };
            response.headers_mut().append(header::SET_COOKIE, session_cookie(ctx.config(), &opened.token));
            if visitor.device.is_none_or(|device| device.member != opened.member) {
                match known_device::cookie_for(&ctx, opened.member).await {
                    Ok(cookie) => drop(response.headers_mut().append(header::SET_COOKIE, cookie)),
                    // She is logged in all the same.
                    Err(failure) => tracing::warn!(%failure, "a device is not known from now on"),
                }
            }
            Ok(response)
        }
        Err(failure) if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&failure.status()) => {
            let page = LoginPage::new(shell, state.refused(&failure), next, again);
            Ok(Page::again(page, &failure).into_response())
        }
        Err(failure) => Err(failure),
    }
}

/// The path where it is one of this site, else nothing.
fn own_path(next: String) -> String {
    if is_own_path(&next) { next } else { String::new() }
}
