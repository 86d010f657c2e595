//! A running site, and two ways to call it: in process, and over HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, header};
use chrono::TimeDelta;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use pancake::bus::faulty::FaultyBus;
use pancake::dev::test_site::TestSite;
use pancake::dev::usecase::time::NOON;
use pancake::dev::usecase::wire::Wire;
use pancake::kernel::metrics::Taken;
use serde_json::Value;
use tower::ServiceExt;

use crate::contract::{CONTRACT, Came};
use crate::morning::Lived;

/// How long an answer may take before the case fails.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// So many times as slowly as the machine's goes the clock of a story.
const SLOW: i32 = 100;
/// The session cookie of a site without https.
const COOKIE: &str = "session";

/// A stage with its doors.
pub(crate) struct House {
    pub(crate) stage: TestSite,
    /// Its bus, if it is this one.
    pub(crate) faulty: Option<Arc<FaultyBus>>,
    /// What is kept of mornings, by name.
    pub(crate) mornings: Mutex<BTreeMap<String, Lived>>,
    client: Client<HttpConnector, Body>,
}

/// Which door a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Door {
    InProcess,
    Http,
}

impl Door {
    pub(crate) const ALL: [Self; 2] = [Self::InProcess, Self::Http];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::InProcess => "in process",
            Self::Http => "over HTTP",
        }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl House {
    /// With the doors of a site. Its faulty bus, if it has one, can be given seeds.
    pub(crate) fn of(stage: TestSite, faulty: Option<Arc<FaultyBus>>) -> Self {
        // A story's hours are its own: twenty steps of a busy machine may take a second, and would be seen.
        stage.ctx.clock().slow_down(SLOW);
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { stage, faulty, mornings: Mutex::default(), client }
    }

    /// Where the entries of its plays came from.
    pub(crate) fn taken(&self) -> Taken {
        self.stage.ctx.metrics().taken()
    }

    /// Sets the clock so that it shows noon of the stories, moved by `from_noon`.
    pub(crate) fn set_clock(&self, from_noon: TimeDelta) {
        self.stage.set_time(NOON + from_noon);
    }

    /// Sends a request as somebody who holds this session. A stream of events is answered by its head, and closed.
    pub(crate) async fn send(
        &self,
        door: Door,
        wire: &Wire,
        session: Option<&str>,
    ) -> Result<Answer, String> {
        self.open(door, wire, session).await.map(|(answer, _)| answer)
    }

    /// The same; the body of a stream of events is not waited for, but given to whoever wants to listen.
    pub(crate) async fn open(
        &self,
        door: Door,
        wire: &Wire,
        session: Option<&str>,
    ) -> Result<(Answer, Option<Body>), String> {
        let request = self.request(door, wire, session)?;
        let answer = tokio::time::timeout(ANSWER_WITHIN, async {
            match door {
                Door::InProcess => match self.stage.router.clone().oneshot(request).await {
                    Ok(response) => taken(response.map(Body::new)).await,
                    Err(never) => match never {},
                },
                Door::Http => match self.client.request(request).await {
                    Ok(response) => taken(response.map(Body::new)).await,
                    Err(error) => Err(format!("no answer: {error}")),
                },
            }
        });
        let answer = answer.await.unwrap_or_else(|_| Err(format!("no answer within {ANSWER_WITHIN:?}")));
        let (answer, stream) = answer?;
        let came = Came { status: answer.status, headers: &answer.headers, body: &answer.body };
        match CONTRACT.breaches(wire.method.as_str(), &wire.target, &came).as_slice() {
            [] => Ok((answer, stream)),
            breaches => {
                let (breaches, shown) = (breaches.join("\n- "), crate::expect::shown(&answer));
                Err(format!(
                    "the API's document and the answer differ:\n- {breaches}\nThe answer was {shown}"
                ))
            }
        }
    }

    fn request(&self, door: Door, wire: &Wire, session: Option<&str>) -> Result<Request<Body>, String> {
        let address = self.stage.address;
        let uri = match door {
            Door::InProcess => wire.target.clone(),
            Door::Http => format!("http://{address}{}", wire.target),
        };
        let mut request = Request::builder().method(wire.method.clone()).uri(uri);
        for (name, value) in &wire.headers {
            request = request.header(name, value);
        }
        let said = |name: &str| wire.headers.iter().any(|(said, _)| said == name);
        if !said("host") {
            request = request.header(header::HOST, address.to_string());
        }
        if !wire.is_api() && !said("sec-fetch-site") {
            // Pages are asked for by browsers, which say so.
            request = request.header("sec-fetch-site", "same-origin").header(header::ACCEPT, "text/html");
        }
        if let Some(token) = session {
            request = if wire.is_api() {
                request.header(header::AUTHORIZATION, format!("Bearer {token}"))
            } else {
                request.header(header::COOKIE, format!("{COOKIE}={token}"))
            };
        }
        let mut request = request.body(Body::from(wire.body.clone())).map_err(|error| error.to_string())?;
        if door == Door::InProcess {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
        }
        Ok(request)
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn is_page(&self) -> bool {
        self.is("text/html")
    }

    fn is(&self, wanted: &str) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with(wanted))
    }

    /// The other cookies that this answer sets, as a browser sends them back.
    pub(crate) fn cookies(&self) -> Vec<(String, String)> {
        let cookies = self.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = cookies.filter_map(|cookie| cookie.split(';').next());
        let others = pairs.filter(|pair| !pair.starts_with(COOKIE) && !pair.ends_with('='));
        others.map(|pair| ("cookie".to_owned(), pair.to_owned())).collect()
    }

    /// The session that a login's cookie gives, if this answer sets one.
    pub(crate) fn session(&self) -> Option<String> {
        let cookies = self.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut values = cookies.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
        values.find(|(name, value)| *name == COOKIE && !value.is_empty()).map(|(_, value)| value.to_owned())
    }
}

async fn taken(response: axum::http::Response<Body>) -> Result<(Answer, Option<Body>), String> {
    let (parts, body) = response.into_parts();
    let mut answer = Answer { status: parts.status.as_u16(), headers: parts.headers, body: Bytes::new() };
    if answer.is("text/event-stream") {
        return Ok((answer, Some(body)));
    }
    let body = body.collect().await.map_err(|error| format!("the answer broke off: {error}"))?;
    answer.body = body.to_bytes();
    Ok((answer, None))
}
