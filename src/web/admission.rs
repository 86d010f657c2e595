//! What a request must keep to before anything looks at it: short, soon complete, and not one too many.
//!
//! Whatever happens behind this door, a panic included, ends in an answer.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Waker, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

use crate::context::Context;
use crate::failure::Failure;
use crate::problem;

/// Bytes of a request's address, query included.
const URI_BYTES_MAX: usize = 8 * 1024;
/// How long a request's body may take to arrive.
const BODY_WAIT: Duration = Duration::from_secs(30);
/// When to come back after a refusal under load.
const BUSY_WAIT: Duration = Duration::from_secs(1);

/// What admission needs.
#[derive(Clone)]
pub struct Door {
    ctx: Context,
    seats: Arc<Semaphore>,
}

impl Door {
    pub fn of(ctx: &Context) -> Self {
        Self { ctx: ctx.clone(), seats: Arc::new(Semaphore::new(ctx.config().requests_max)) }
    }
}

/// Travels with the request, so that a change whose client went away counts until it is done.
#[derive(Clone)]
pub struct Seat(Arc<Mutex<Option<OwnedSemaphorePermit>>>);

impl Seat {
    /// For requests that only wait from now on: they are counted where they wait.
    pub fn leave(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl<S: Sync> FromRequestParts<S> for Seat {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let seat = parts.extensions.get::<Self>().cloned();
        seat.ok_or_else(|| Failure::internal("a request came past the door"))
    }
}

/// Lets a request in, or says why not.
pub async fn admit(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|uri| uri.as_str().len() > URI_BYTES_MAX) {
        let detail = format!("An address may have {URI_BYTES_MAX} bytes, and this one has more.");
        return problem::ADDRESS_TOO_LONG.saying(detail).into_response();
    }
    let Ok(permit) = door.seats.clone().try_acquire_owned() else {
        door.ctx.metrics().shed();
        return Failure::busy(BUSY_WAIT).into_response();
    };
    let seat = Seat(Arc::new(Mutex::new(Some(permit))));
    request.extensions_mut().insert(seat.clone());
    let late = Arc::new(AtomicBool::new(false));
    if !request.body().is_end_stream() {
        let deadline = Deadline::new(late.clone());
        request = request.map(|body| Body::new(DeadlineBody { body, deadline }));
    }
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    drop(seat);
    if late.load(Ordering::Relaxed) {
        return too_late();
    }
    answer.unwrap_or_else(|_| Failure::internal("a handler panicked; the log says where").into_response())
}

fn too_late() -> Response {
    let detail = format!("The request did not arrive within {} seconds.", BODY_WAIT.as_secs());
    let mut response = problem::TOO_SLOW.saying(detail).into_response();
    // Whatever is still to come on this connection belongs to the request that was given up.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Counts from the first byte that somebody waits for.
struct Deadline {
    sleep: Option<Pin<Box<Sleep>>>,
    late: Arc<AtomicBool>,
}

impl Deadline {
    fn new(late: Arc<AtomicBool>) -> Self {
        Self { sleep: None, late }
    }

    fn is_over(&mut self, cx: &mut Waker<'_>) -> bool {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(BODY_WAIT)));
        let over = sleep.as_mut().poll(cx).is_ready();
        if over {
            self.late.store(true, Ordering::Relaxed);
        }
        over
    }
}

/// A body that breaks off when it takes too long.
struct DeadlineBody {
    body: Body,
    deadline: Deadline,
}

impl hyper::body::Body for DeadlineBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Waker<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        // Asked first, so that a client that keeps dripping is not let through for ever.
        if this.deadline.is_over(cx) {
            return Poll::Ready(Some(Err(axum::Error::new(std::io::Error::from(
                std::io::ErrorKind::TimedOut,
            )))));
        }
        Pin::new(&mut this.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
