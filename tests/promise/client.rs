//! A client that writes down what it was told: an answer, or that there was none.

use std::time::Duration;

use axum::http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use pancake::kernel::id::MemberId;
use serde_json::Value;

use crate::town::Person;

/// From the question to the end of the answer. Whoever waits longer has found a fault.
const CALL_MAX: Duration = Duration::from_secs(30);
/// Below the site's own ten seconds, so that no call meets a connection that is just being closed.
const IDLE_MAX: Duration = Duration::from_secs(5);
/// How often a site that is up may say "later", and what is waited in between.
const LATER_MAX: usize = 20;
const LATER_WAIT: Duration = Duration::from_millis(500);

/// A question to the API.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) body: Option<Value>,
    /// Instead of a body: a photo.
    pub(crate) file: Option<Bytes>,
    /// However often it is sent with this key, it counts once.
    pub(crate) key: Option<String>,
    /// The header `Prefer`.
    pub(crate) prefer: &'static str,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    /// Null where it is no JSON.
    pub(crate) body: Value,
}

/// How a call went.
#[derive(Debug)]
pub(crate) enum Heard {
    Answer(Answer),
    /// Nobody took the connection: nothing has happened.
    Unsent,
    /// The connection broke: nobody knows whether it happened.
    Nothing,
}

/// Sends requests and counts answers, refusals and silence.
pub(crate) struct Client(legacy::Client<HttpConnector, Full<Bytes>>);

impl Call {
    pub(crate) fn new(method: Method, path: impl Into<String>, by: &Person) -> Self {
        let (path, token) = (path.into(), by.token.clone());
        Self { method, path, token, body: None, file: None, key: None, prefer: "" }
    }

    pub(crate) fn get(path: impl Into<String>, by: &Person) -> Self {
        Self::new(Method::GET, path, by)
    }

    pub(crate) fn flirt(by: &Person, to: &Person) -> Self {
        Self::new(Method::POST, format!("/api/flirt/{}", to.id), by)
    }

    pub(crate) fn message(by: &Person, to: &Person, text: &str, key: String) -> Self {
        let call = Self::new(Method::POST, format!("/api/chat/{}", to.id), by);
        Self { body: Some(serde_json::json!({ "text": text })), key: Some(key), ..call }
    }

    pub(crate) fn upload(by: &Person, file: impl Into<Bytes>, key: String) -> Self {
        let call = Self::new(Method::POST, "/api/media", by);
        Self { file: Some(file.into()), key: Some(key), ..call }
    }

    /// The answer comes when everybody has heard of it.
    pub(crate) fn awaited(self) -> Self {
        Self { prefer: "wait=10", ..self }
    }

    pub(crate) fn block(method: Method, by: &Person, whom: &Person) -> Self {
        Self::new(method, format!("/api/block/{}", whom.id), by)
    }
}

impl Answer {
    /// The id of the flirt that is open.
    pub(crate) fn flirt(&self) -> String {
        let flirt = self.body["flirt"].as_str();
        flirt.unwrap_or_else(|| panic!("no flirt in {self:?}")).to_owned()
    }

    /// 503 with `Retry-After`: later.
    pub(crate) fn is_later(&self) -> bool {
        self.status == 503 && self.retry_after.is_some()
    }
}

impl Client {
    pub(crate) fn new() -> Self {
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_MAX);
        // What is sent twice is for the test to decide.
        Self(builder.retry_canceled_requests(false).build_http())
    }

    /// Asks once.
    pub(crate) async fn ask(&self, address: &str, call: &Call) -> Heard {
        let asked = tokio::time::timeout(CALL_MAX, self.once(address, call)).await;
        asked.unwrap_or_else(|_| panic!("{} {} was not answered within {CALL_MAX:?}", call.method, call.path))
    }

    /// Asks a site that is up, and again where it says "later".
    pub(crate) async fn answer(&self, address: &str, call: &Call) -> Answer {
        for _ in 0..LATER_MAX {
            match self.ask(address, call).await {
                Heard::Answer(answer) if answer.is_later() => tokio::time::sleep(LATER_WAIT).await,
                Heard::Answer(answer) => return answer,
                other => panic!("{} {}: {other:?}", call.method, call.path),
            }
        }
        panic!("{} {}: {LATER_MAX} times \"later\"", call.method, call.path)
    }

    /// Flirts. Where it was asked again it may not be new.
    pub(crate) async fn flirt(&self, address: &str, by: &Person, to: &Person) -> String {
        let answer = self.answer(address, &Call::flirt(by, to)).await;
        assert!([201, 200].contains(&answer.status), "{answer:?}");
        answer.flirt()
    }

    /// Who flirted with her, and the alert of it: newest first, and all of them.
    pub(crate) async fn flirts_with(&self, address: &str, her: &Person) -> Vec<(MemberId, String)> {
        let answer = self.answer(address, &Call::get("/api/alerts?max=100", her)).await;
        assert_eq!((answer.status, &answer.body["hasMore"]), (200, &Value::Bool(false)), "{answer:?}");
        let items = answer.body["items"].as_array().unwrap().iter();
        items
            .filter(|item| item["kind"] == "flirt")
            .map(|item| {
                let from = serde_json::from_value(item["member"].clone()).unwrap();
                (from, item["alert"].as_str().unwrap().to_owned())
            })
            .collect()
    }

    async fn once(&self, address: &str, call: &Call) -> Heard {
        let mut request = Request::builder()
            .method(&call.method)
            .uri(format!("http://{address}{}", call.path))
            .header(header::AUTHORIZATION, format!("Bearer {}", call.token))
            .header("prefer", call.prefer);
        if let Some(key) = &call.key {
            request = request.header("idempotency-key", key);
        }
        let body = match (&call.body, &call.file) {
            (_, Some(file)) => {
                request = request.header(header::CONTENT_TYPE, "image/jpeg");
                Full::from(file.clone())
            }
            (Some(body), _) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Full::from(body.to_string())
            }
            (None, None) => Full::default(),
        };
        let request = request.body(body).unwrap();
        let answer = match self.0.request(request).await {
            Ok(answer) => answer,
            Err(error) if error.is_connect() => return Heard::Unsent,
            Err(_) => return Heard::Nothing,
        };
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
        match answer.into_body().collect().await {
            Ok(body) => {
                let body = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
                Heard::Answer(Answer { status, retry_after, body })
            }
            Err(_) => Heard::Nothing,
        }
    }
}
