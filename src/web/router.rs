//! The way of a request: from the registry's routes and the layers around them to one [`Router`].
//!
//! Outermost first: `observe` (id, span, log line, metrics), [`headers::security_headers`], [`compression`], [`notice::carry`],
//! [`render::failures`], [`security_log::watch`], [`strict::refuse`]; then, for the actions of modules,
//! [`admission::admit`], [`session::authenticate`], [`origin::refuse_cross_site`], [`turns::take_turn`] and each route's own
//! [`guard`](super::guard). So whichever layer refuses a request, the refusal is rendered, dressed, counted and logged.
//! Static files, health checks and the API's document know no members and stay outside the inner ones: they answer under
//! load too.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use tracing::Instrument;

use super::admission::{self, LoadShed};
use super::headers::{self, SecurityHeaders};
use super::origin::{self, Origins};
use super::session::{self, Authenticator};
use super::turns::{self, Turns};
use super::{compression, docs, health, limits, notice, presence, render, security_log, statics, strict};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::problem;
use crate::live;
use crate::openapi;
use crate::web::nodes;

const REQUEST_ID: HeaderName = HeaderName::from_static(render::REQUEST_ID);
/// Stands for the route of a request that no route is for.
const NO_ROUTE: &str = "-";

/// The whole site.
pub fn router(ctx: &Context) -> Router {
    let actions = ctx.registry().routes().fold(Router::new(), |router, (path, route)| {
        #[expect(clippy::disallowed_methods, reason = "the one place that turns the registry into routes")]
        router.route(path, route)
    });
    // They are compressed already.
    let files = statics::routes()
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(strict::refuse))
        .layer(from_fn(render::failures));
    actions
        .fallback(nothing_here)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(Turns::default(), turns::take_turn))
        .layer(from_fn_with_state(Origins::of(ctx), origin::refuse_cross_site))
        .layer(from_fn_with_state(Authenticator::of(ctx), session::authenticate))
        .layer(from_fn_with_state(LoadShed::of(ctx), admission::admit))
        .merge(health::routes())
        .merge(docs::routes(docs::LOGGED_IN))
        .merge(openapi::serve::routes())
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(strict::refuse))
        .layer(from_fn_with_state(ctx.clone(), security_log::watch))
        .layer(from_fn(render::failures))
        .layer(from_fn_with_state(ctx.clone(), notice::carry))
        .layer(compression::layer())
        .layer(from_fn(compression::prepare))
        .merge(files)
        .layer(from_fn_with_state(SecurityHeaders::of(ctx), headers::security_headers))
        .layer(from_fn_with_state(ctx.clone(), observe))
        .with_state(ctx.clone())
}

/// What runs beside the requests: the sessions in memory stay true, used-up allowances go, this node is
/// known to run, and who waits for news gets them even where a signal was lost.
pub fn start(ctx: &Context) {
    ctx.spawn_loop(session::hear_signals(ctx.clone()));
    ctx.spawn_loop(limits::sweep(ctx.clone()));
    ctx.spawn_loop(nodes::keep(ctx.clone()));
    ctx.spawn_loop(live::reread_regularly(ctx.clone()));
    ctx.spawn_loop(presence::refresh_regularly(ctx.clone()));
    ctx.registry().start_loops(ctx);
}

/// Gives the request its number and its line in the log. The number is never taken from outside: that would
/// let anybody write into our log. The line has the route's pattern and not the path,
/// since paths hold nicknames, and nothing of the query, the headers or the client.
async fn observe(State(ctx): State<Context>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = ctx.clock().new_uuid();
    let method = known(request.method());
    let route: String = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| NO_ROUTE.to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", %id, method, route);
    let number = HeaderValue::try_from(id.to_string()).unwrap_or(HeaderValue::from_static(""));
    request.headers_mut().insert(REQUEST_ID, number.clone());
    request.extensions_mut().insert(ctx.clone());
    let work = async {
        let response = next.run(request).await;
        let (status, took) = (response.status().as_u16(), started.elapsed());
        tracing::info!(status, ms = milliseconds(took), "answered");
        ctx.metrics().request(method, &route, status, took.as_secs_f64());
        response
    };
    let mut response = work.instrument(span).await;
    response.headers_mut().insert(REQUEST_ID, number);
    response
}

/// Tenths are enough to read.
fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 10_000.0).round() / 10.0
}

/// A method as label and log field: anybody can invent more, and metrics keep each one for ever.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

async fn nothing_here() -> Failure {
    Failure::not_found()
}

/// axum adds `Allow`.
async fn method_not_allowed() -> Failure {
    problem::METHOD_NOT_ALLOWED.failure()
}
