//! What stands before every action: policy, rate limit, and a task of its own for every change. A form passes some
//! more ([`super::submission`]): it is for the member it was drawn for, it happens once, and what was typed is kept.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;

use super::limits::{self, Allowance};
use super::prefer::Wait;
use super::render::REQUEST_ID;
use super::session::is_prefetch;
use super::submission::{DrawnFor, Submission, SubmissionId, once};
use super::trace;
use super::visitor::Visitor;
use crate::bus::read_your_writes;
use crate::kernel::cause;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::module::{ActionRecord, Face, Policy};
use crate::kernel::problem;

/// How often a deadlock or a serialisation failure is tried again before anyone sees it.
const TRIES_MAX: u32 = 3;

/// Puts the guards before a route.
pub fn guarded(record: &ActionRecord, route: MethodRouter<Context>) -> MethodRouter<Context> {
    let record: &'static ActionRecord = Box::leak(Box::new(record.clone()));
    route.layer(from_fn(move |request: Request, next: Next| pass(record, request, next)))
}

/// What a request passes on its way to an action.
struct Guard {
    record: &'static ActionRecord,
    ctx: Context,
    visitor: Visitor,
    next: Next,
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
    let here = visitor.actor.clone().filter(|_| is_here(record, &request));
    let guard = Guard { record, ctx: ctx.clone(), visitor, next };
    let (response, passed) = match (record.face, record.action.changes()) {
        (Face::Page, true) => guard.form(request).await,
        (_, true) => (guard.command(request).await?, true),
        (_, false) => (guard.read(request).await?, true),
    };
    if let Some(actor) = here.filter(|_| passed) {
        ctx.presence().note(&ctx, &actor);
    }
    Ok(response)
}

impl Guard {
    async fn read(self, request: Request) -> Result<Response, Failure> {
        let (mut parts, _) = request.into_parts();
        self.check_drawn_for(DrawnFor::of_request(&parts))?;
        admit(self.record, &self.visitor)?;
        if self.record.action.leaves_trace {
            trace::check(self.record.face, &parts.method, &parts.headers)?;
        }
        let own = self.visitor.actor.as_ref().is_some_and(|actor| trace::is_own(parts.uri.path(), actor));
        let allowance = if self.record.action.leaves_trace && own { None } else { self.admit().await? };
        if let Some(allowance) = allowance {
            parts.extensions.insert(allowance);
        }
        let mut response = run(&parts, &Bytes::new(), &self.next).await;
        write(allowance, &mut response);
        Ok(response)
    }

    /// A change that a program asks for.
    async fn command(self, request: Request) -> Result<Response, Failure> {
        let allowance = self.admit().await?;
        let (parts, body) = request.into_parts();
        let body = read_body(body, self.ctx.registry().body_max_of(self.record)).await?;
        let mut response = self.change(parts, body, None).await;
        write(allowance, &mut response);
        Ok(response)
    }

    /// A change that a page asks for. A refusal takes along what was typed. Also says whether the form has passed.
    async fn form(self, request: Request) -> (Response, bool) {
        let (mut parts, body) = request.into_parts();
        let body = match read_body(body, self.ctx.registry().body_max_of(self.record)).await {
            Ok(body) => body,
            Err(failure) => return (failure.into_response(), false),
        };
        let submission = match Submission::of(&mut parts, body, self.record.action.takes_file).await {
            Ok(submission) => submission,
            Err(failure) => return (failure.into_response(), false),
        };
        let kept = submission.kept.clone();
        let (mut response, passed) = match self.submit(parts, submission).await {
            Ok(response) => (response, true),
            Err(failure) => (failure.into_response(), false),
        };
        if response.extensions().get::<Failure>().is_some() {
            response.extensions_mut().insert(kept);
        }
        (response, passed)
    }

    /// Looks for the outcome of the same form before the policy: after *Log out everywhere* a second press has no session.
    async fn submit(self, mut parts: Parts, submission: Submission) -> Result<Response, Failure> {
        let Submission { body, id, drawn_for, again, .. } = submission;
        self.check_drawn_for(drawn_for.or_else(|| DrawnFor::of_request(&parts)))?;
        if let Some(id) = id {
            if let Some(answer) = once::outcome(&self.ctx, id).await? {
                return Ok(answer);
            }
            parts.extensions.insert(id);
        }
        if let Some(again) = again {
            parts.extensions.insert(again);
        }
        let allowance = self.admit().await?;
        if let Some(allowance) = allowance {
            parts.extensions.insert(allowance);
        }
        let mut response = self.change(parts, body, id).await;
        write(allowance, &mut response);
        Ok(response)
    }

    fn check_drawn_for(&self, drawn_for: Option<DrawnFor>) -> Result<(), Failure> {
        drawn_for.map_or(Ok(()), |drawn_for| drawn_for.check(self.visitor.actor.as_ref()))
    }

    /// Checks the policy, then the rate limit: a refused visitor uses up no allowance.
    async fn admit(&self) -> Result<Option<Allowance>, Failure> {
        admit(self.record, &self.visitor)?;
        match self.record.limit() {
            Some(limit) => {
                let action = &self.record.action;
                let device = self.visitor.device.as_ref().filter(|_| action.knows_devices);
                match device {
                    Some(device) => limits::take_of_device(&self.ctx, limit, device).await.map(Some),
                    None => limits::take(&self.ctx, limit, action.policy, &self.visitor).await.map(Some),
                }
            }
            None => Ok(None),
        }
    }

    /// Runs a change in a task of its own, which a client that goes away does not cancel (20 of 20 commands
    /// finish; without it, none of 20).
    async fn change(self, parts: Parts, body: Bytes, id: Option<SubmissionId>) -> Response {
        let wait = Wait::of(self.record.face, &parts.headers);
        // Ours, which the outermost layer has put there.
        let number = parts.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()?.parse().ok());
        let (own, next) = (self.ctx.clone(), self.next);
        let work = self.ctx.spawn(async move {
            let work = cause::of(number, once::run(&own, id, run(&parts, &body, &next)));
            let (mut response, arrived) = read_your_writes::effects(&own, wait.patience, work).await;
            wait.answer(arrived, response.headers_mut());
            response
        });
        work.await.unwrap_or_else(|fault| Failure::internal(fault).into_response())
    }
}

fn write(allowance: Option<Allowance>, response: &mut Response) {
    if let Some(allowance) = allowance {
        allowance.write_to(response.headers_mut());
    }
}

async fn read_body(body: Body, most: usize) -> Result<Bytes, Failure> {
    to_bytes(body, most).await.map_err(|_| problem::BODY_TOO_LARGE.saying(too_large(most)))
}

/// Whether the request shows that somebody is at her screen, and wants others to see that.
fn is_here(record: &ActionRecord, request: &Request) -> bool {
    !record.action.by_itself
        && !is_prefetch(request.method(), request.headers())
        && !trace::is_from_elsewhere(request.headers())
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
        if tries >= TRIES_MAX || !failure.is_some_and(Failure::is_retryable) {
            return response;
        }
    }
}

/// For a person whose page sent it, and for a program.
pub fn too_large(body_max: usize) -> String {
    format!(
        "This is longer than anything that can be said here, so nothing was done. Go back, shorten it, and send it \
         again. (A request may hold {body_max} bytes, and this one holds more or broke off.)"
    )
}
