//! Log out: the token is worth nothing from now on, and the browser forgets what it kept of the member.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::{SPEC, session_store};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::session::expired_cookie;
use crate::web::visitor::{Actor, Visitor};

/// What pages keep in the browser: drafts. Its cache holds no page (`no-store`), only static files; to forget it
/// too, Chromium would look through all that it has of every site, which takes seconds.
const FORGOTTEN: HeaderValue = HeaderValue::from_static("\"storage\"");

pub(super) async fn run(ctx: &Context, actor: &Actor) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    session_store::end(&mut tx, actor.id, Some(actor.session), None).await?;
    tx.commit().await
}

pub(super) async fn json(State(ctx): State<Context>, actor: Actor) -> Result<NoContent, Failure> {
    run(&ctx, &actor).await?;
    Ok(NoContent)
}

/// Also for a session that has ended already: whoever presses the button is logged out afterwards.
pub(super) async fn form(State(ctx): State<Context>, visitor: Visitor) -> Result<Response, Failure> {
    if let Some(actor) = &visitor.actor {
        run(&ctx, actor).await?;
    }
    Ok(logged_out(&ctx, "You are logged out."))
}

/// To the front page, with nothing of hers left in the browser.
pub(super) fn logged_out(ctx: &Context, notice: &str) -> Response {
    let mut response = SeeOther::to("/").saying(notice).into_response();
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, expired_cookie(ctx.config()));
    headers.insert(HeaderName::from_static("clear-site-data"), FORGOTTEN);
    response
}
