//! What stands before every action: policy, rate limit, and a task of its own for every change.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;

use super::limits;
use super::prefer::Wait;
use super::render::REQUEST_ID;
use super::session::looks_ahead;
use super::visitor::Visitor;
use crate::bus::waiting;
use crate::cause;
use crate::context::Context;
use crate::failure::Failure;
use crate::module::{ActionRecord, Policy};
use crate::problem;

/// How often a deadlock or a serialisation failure is tried again before anyone sees it.
const TRIES_MAX: u32 = 3;

/// Puts the guards before a route.
pub fn guarded(record: &ActionRecord, route: MethodRouter<Context>) -> MethodRouter<Context> {
    let record: &'static ActionRecord = Box::leak(Box::new(record.clone()));
    route.layer(from_fn(move |request: Request, next: Next| pass(record, request, next)))
}

async fn pass(record: &'static ActionRecord, request: Request, next: Next) -> Result<Response, Failure> {
    let extensions = request.extensions();
    let (Some(ctx), Some(visitor)) = (extensions.get::<Context>(), extensions.get::<Visitor>()) else {
        return Err(Failure::internal("a request came past the visitor layer"));
    };
    let (ctx, visitor) = (ctx.clone(), visitor.clone());
    if ctx.rehearsal().lacks_action(|| record.title()) {
        return Err(Failure::not_found());
    }
    admit(record, &visitor)?;
    let allowance = match record.limit() {
        Some(limit) => Some(limits::take(&ctx, limit, record.action.policy, &visitor).await?),
        None => None,
    };
    let here = visitor.actor.filter(|_| is_here(record, &request));
    let mut response = if record.action.changes() {
        change(record, ctx.clone(), request, next).await
    } else {
        let (parts, _) = request.into_parts();
        run(&parts, &Bytes::new(), &next).await
    };
    if let Some(allowance) = allowance {
        allowance.write_to(response.headers_mut());
    }
    if let Some(actor) = here {
        ctx.presence().note(&ctx, &actor);
    }
    Ok(response)
}

/// Whether the request shows that somebody is at her screen.
fn is_here(record: &ActionRecord, request: &Request) -> bool {
    !record.action.by_itself && !looks_ahead(request.method(), request.headers())
}

fn admit(record: &ActionRecord, visitor: &Visitor) -> Result<(), Failure> {
    match (&visitor.actor, record.action.policy) {
        (_, Policy::Public) => Ok(()),
        (None, _) => Err(Failure::unauthenticated()),
        (Some(actor), policy) => actor.passes(policy),
    }
}

/// Runs the action, and again where Postgres asks for that, or where it had cut an idle connection.
async fn run(parts: &Parts, body: &Bytes, next: &Next) -> Response {
    let mut tries = 0;
    loop {
        tries += 1;
        let request = Request::from_parts(parts.clone(), Body::from(body.clone()));
        let response = next.clone().run(request).await;
        let failure = response.extensions().get::<Failure>();
        if tries >= TRIES_MAX || !failure.is_some_and(Failure::is_worth_repeating) {
            return response;
        }
    }
}

/// Runs a change in a task of its own, which a client that goes away does not cancel (20 of 20 commands
/// finish; without it, none of 20).
async fn change(record: &'static ActionRecord, ctx: Context, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, record.action.body_max).await else {
        return problem::BODY_TOO_LARGE.saying(too_large(record.action.body_max)).into_response();
    };
    let wait = Wait::of(record.face, &parts.headers);
    // Ours, which the outermost layer has put there.
    let id = parts.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    let own = ctx.clone();
    let work = ctx.spawn(async move {
        let work = cause::of(id, run(&parts, &body, &next));
        let (mut response, arrived) = waiting::effects(&own, wait.patience, work).await;
        wait.answer(arrived, response.headers_mut());
        response
    });
    work.await.unwrap_or_else(|fault| Failure::internal(fault).into_response())
}

/// For a person whose page sent it, and for a program.
pub fn too_large(body_max: usize) -> String {
    format!(
        "This is longer than anything that can be said here, so nothing was done. Go back, shorten it, and send it \
         again. (A request may hold {body_max} bytes, and this one holds more or broke off.)"
    )
}
