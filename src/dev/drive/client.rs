//! A small JSON client: connections are kept, every call has a time limit, and a busy site is asked again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// From the question to the end of the answer.
const CALL_MAX: Duration = Duration::from_secs(30);
/// Bytes of an answer. A page of 100 items has about 20,000.
const ANSWER_BYTES_MAX: usize = 1_000_000;
/// How often a 503 is taken for "later", and how often what had no answer is sent again.
const TRIES_MAX: usize = 20;
/// Before what had no answer is sent again.
const LOST_REST: Duration = Duration::from_millis(100);
/// How long one `Retry-After` is waited for.
const RETRY_MAX: Duration = Duration::from_secs(5);
/// Below the site's own ten seconds, so that no call meets a connection that is just being closed.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// Why a call has no answer, or none of use.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("{0} was not answered within {seconds} s: is the machine busy?", seconds = CALL_MAX.as_secs())]
    TooLate(String),
    #[error("{call} did not get through: {said}")]
    NoAnswer { call: String, said: String },
    #[error("{call} was answered {status}: {said}")]
    Refused { call: String, status: StatusCode, said: String },
    #[error("{call} was answered 503, or not at all, {TRIES_MAX} times: use fewer clients, with --clients")]
    Busy { call: String },
    #[error("{call} was answered with something else than expected: {said}")]
    Unreadable { call: String, said: String },
}

/// The site, as its clients see it.
pub(crate) struct Api {
    client: Client<HttpConnector, Full<Bytes>>,
    origin: String,
    again: AtomicUsize,
    lost: AtomicUsize,
}

/// A question.
#[derive(Debug)]
pub(crate) struct Call {
    method: Method,
    path: String,
    token: Option<String>,
    body: Option<Value>,
    wait: bool,
    key: Option<String>,
}

/// An answer of 2xx.
#[derive(Debug)]
pub(crate) struct Answer {
    call: String,
    bytes: Bytes,
    /// With the times of the tries that were answered 503.
    pub(crate) took: Duration,
}

/// What matters of a problem (RFC 9457).
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
}

/// One answer, whatever it says.
struct Once {
    status: StatusCode,
    retry_after: Option<Duration>,
    bytes: Bytes,
}

impl Call {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), token: None, body: None, wait: false, key: None }
    }

    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self { method: Method::POST, ..Self::get(path) }
    }

    /// As whom.
    pub(crate) fn by(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    pub(crate) fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// Answer only when the effects have arrived everywhere.
    pub(crate) fn waiting(self) -> Self {
        Self { wait: true, ..self }
    }

    /// However often it is sent, it counts once.
    pub(crate) fn once(self, key: String) -> Self {
        Self { key: Some(key), ..self }
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn request(&self, origin: &str) -> Result<Request<Full<Bytes>>, CallError> {
        let mut request = Request::builder().method(&self.method).uri(format!("{origin}{}", self.path));
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if self.wait {
            request = request.header("prefer", "wait");
        }
        if let Some(key) = &self.key {
            request = request.header("idempotency-key", key);
        }
        let body = match &self.body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        request
            .body(Full::new(body))
            .map_err(|error| CallError::NoAnswer { call: self.name(), said: error.to_string() })
    }
}

impl Api {
    /// Of the site at `http://…`.
    pub(crate) fn new(origin: String) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .build(connector);
        Self { client, origin, again: AtomicUsize::new(0), lost: AtomicUsize::new(0) }
    }

    /// How many answers of 503 there were.
    pub(crate) fn tried_again(&self) -> usize {
        self.again.load(Ordering::Relaxed)
    }

    /// How many calls with a key had no answer, and were sent again.
    pub(crate) fn lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }

    /// Asks, and asks again while the site is busy. Whatever is not a success is an error.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, CallError> {
        let begun = Instant::now();
        for _ in 0..TRIES_MAX {
            let once = tokio::time::timeout(CALL_MAX, self.once(call))
                .await
                .map_err(|_| CallError::TooLate(call.name()))?;
            let once = match once {
                // Nobody knows whether it counted. With a key it does not count twice.
                Err(CallError::NoAnswer { .. }) if call.key.is_some() => {
                    self.lost.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(LOST_REST).await;
                    continue;
                }
                once => once?,
            };
            match (once.status, once.retry_after) {
                (status, _) if status.is_success() => {
                    return Ok(Answer { call: call.name(), bytes: once.bytes, took: begun.elapsed() });
                }
                (StatusCode::SERVICE_UNAVAILABLE, Some(wait)) => {
                    self.again.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(wait.min(RETRY_MAX)).await;
                }
                (status, _) => {
                    return Err(CallError::Refused { call: call.name(), status, said: explain(&once.bytes) });
                }
            }
        }
        Err(CallError::Busy { call: call.name() })
    }

    async fn once(&self, call: &Call) -> Result<Once, CallError> {
        let request = call.request(&self.origin)?;
        let lost = |said: String| CallError::NoAnswer { call: call.name(), said };
        let answer = self.client.request(request).await.map_err(|error| lost(chain(&error)))?;
        let status = answer.status();
        let retry_after = answer
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        let bytes = body.map_err(|error| lost(chain(error.as_ref())))?.to_bytes();
        Ok(Once { status, retry_after, bytes })
    }
}

impl Answer {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        serde_json::from_slice(&self.bytes)
            .map_err(|error| CallError::Unreadable { call: self.call.clone(), said: error.to_string() })
    }
}

/// The problem in words, or what there is of the body.
fn explain(bytes: &[u8]) -> String {
    match serde_json::from_slice(bytes) {
        Ok(Problem { code, detail }) => format!("{detail} ({code})"),
        Err(_) => String::from_utf8_lossy(bytes).chars().take(200).collect(),
    }
}

/// An error with its causes: hyper's own texts say only "client error".
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
