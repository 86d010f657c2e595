//! What a request must keep to before anything looks at it: short, whole, and not one too many.
//!
//! A request that has not arrived holds no permit: its body is read first, at a place among the bodies that are still
//! coming ([`Shares`]). Then it takes a permit among the requests under way, which clients share in the same way, and a
//! member's requests take turns ([`super::turns`]). Whatever happens behind this door, a panic included, ends in an answer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use hyper::body::Body as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::address::{client, network};
use super::guard::too_large;
use super::shares::{Place, Shares};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::module::changes;
use crate::kernel::problem;

/// Bytes of a request's address, query included.
const URI_BYTES_MAX: usize = 8 * 1024;
/// How long a request's body may take to arrive.
const BODY_WAIT: Duration = Duration::from_secs(30);
/// The same where a file may come: 15 MB over a line of 1 Mbit/s.
const FILE_WAIT: Duration = Duration::from_mins(3);
/// Files that are arriving or being worked on: each holds its bytes in memory.
const FILES_MAX: usize = 16;
/// When to come back after a refusal under load.
const BUSY_WAIT: Duration = Duration::from_secs(1);

/// What admission needs.
#[derive(Clone)]
pub struct LoadShed {
    ctx: Context,
    /// Of requests under way.
    seats: Arc<Shares<IpAddr>>,
    /// Of bodies that are still coming. As many as there are permits: each holds memory.
    arriving: Arc<Shares<IpAddr>>,
    /// Of files, until they are answered.
    files: Arc<Shares<IpAddr>>,
    bodies: Arc<HashMap<String, Arrives>>,
}

/// What may come at a path.
#[derive(Clone, Copy, Default)]
struct Arrives {
    /// Bytes of the longest.
    most: usize,
    file: bool,
}

impl LoadShed {
    pub fn of(ctx: &Context) -> Self {
        let (places, registry) = (ctx.config().requests_max, ctx.registry());
        let mut bodies: HashMap<_, Arrives> = HashMap::new();
        for record in registry.actions() {
            let arrives = bodies.entry(record.path.clone()).or_default();
            arrives.most = registry.body_max_of(record).max(arrives.most);
            arrives.file |= record.action.takes_file;
        }
        let (seats, arriving, files) = (Shares::new(places), Shares::new(places), Shares::new(FILES_MAX));
        Self { ctx: ctx.clone(), seats, arriving, files, bodies: Arc::new(bodies) }
    }

    /// Takes a permit for a client of this network.
    fn seat(&self, network: IpAddr) -> Result<Place<IpAddr>, Failure> {
        self.seats.take(network).ok_or_else(|| self.busy())
    }

    fn busy(&self) -> Failure {
        self.ctx.metrics().shed();
        Failure::busy(BUSY_WAIT)
    }

    /// Waits for the whole body. Where no action is, nobody reads it.
    async fn whole(&self, request: Request, network: IpAddr) -> Result<Request, Failure> {
        let path = request.extensions().get::<MatchedPath>();
        let Some(Arrives { most, file }) = path.and_then(|path| self.bodies.get(path.as_str())).copied()
        else {
            return Ok(request);
        };
        // Nothing is read of what comes with a question.
        if request.body().is_end_stream() || !changes(request.method()) {
            return Ok(request);
        }
        let refuse = || problem::BODY_TOO_LARGE.saying(too_large(most));
        if request.body().size_hint().lower() > most as u64 {
            return Err(refuse());
        }
        let (places, wait) = if file { (&self.files, FILE_WAIT) } else { (&self.arriving, BODY_WAIT) };
        let place = places.take(network).ok_or_else(|| self.busy())?;
        let (mut parts, body) = request.into_parts();
        let body =
            timeout(wait, to_bytes(body, most)).await.map_err(|_| too_slow())?.map_err(|_| refuse())?;
        if file {
            // It goes with the request, as the bytes do.
            parts.extensions.insert(Arc::new(place));
        }
        Ok(Request::from_parts(parts, Body::from(body)))
    }
}

/// What a request holds while it is under way. It travels with the request, so that a change whose client went away
/// counts until it is done.
#[derive(Clone)]
pub struct Permit {
    door: LoadShed,
    network: IpAddr,
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    place: Option<Place<IpAddr>>,
    /// Of the member's own requests.
    turn: Option<OwnedSemaphorePermit>,
}

impl Permit {
    /// For requests that only wait from now on: they are counted where they wait.
    pub fn leave(&self) {
        *self.held() = Held::default();
    }

    /// Takes the permit back, in order of arrival.
    pub(super) fn take(&self, turn: OwnedSemaphorePermit) -> Result<(), Failure> {
        let mut held = self.held();
        if held.place.is_none() {
            held.place = Some(self.door.seat(self.network)?);
        }
        held.turn = Some(turn);
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Sync> FromRequestParts<S> for Permit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let seat = parts.extensions.get::<Self>().cloned();
        seat.ok_or_else(|| Failure::internal("a request came past the door"))
    }
}

/// Lets a request in, or says why not.
pub async fn admit(State(door): State<LoadShed>, request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(let_in(door, request, next)).catch_unwind().await;
    answer.unwrap_or_else(|_| Failure::internal("a handler panicked; the log says where").into_response())
}

async fn let_in(door: LoadShed, request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|uri| uri.as_str().len() > URI_BYTES_MAX) {
        let detail = format!("An address may have {URI_BYTES_MAX} bytes, and this one has more.");
        return problem::ADDRESS_TOO_LONG.saying(detail).into_response();
    }
    let network = network(client(&request, door.ctx.config()));
    let mut request = match door.whole(request, network).await {
        Ok(request) => request,
        Err(failure) => return closing(failure),
    };
    let place = match door.seat(network) {
        Ok(place) => place,
        Err(failure) => return failure.into_response(),
    };
    let held = Held { place: Some(place), turn: None };
    request.extensions_mut().insert(Permit { door, network, held: Arc::new(Mutex::new(held)) });
    next.run(request).await
}

fn too_slow() -> Failure {
    problem::TOO_SLOW.saying(format!("The request did not arrive within {} seconds.", BODY_WAIT.as_secs()))
}

/// What is still to come on this connection belongs to the request that was given up.
fn closing(failure: Failure) -> Response {
    let mut response = failure.into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
