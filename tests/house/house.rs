//! A site with six people in it, and a way to ask it things. Every answer is looked at, whatever it is for.

use std::net::SocketAddr;
use std::sync::Mutex;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::BodyExt;
use pancake::dev::test_site::{TestSite, TestSiteOptions, story_time};
use pancake::kernel::id::MemberId;
use pancake::modules::register::contract::{Role, RoleGranted};
use pancake::shared::people::DecidedBy;
use serde_json::Value;
use tokio::sync::OnceCell;
use tower::ServiceExt;

use crate::contract::{CONTRACT, Came};
pub(crate) use crate::join::PASSWORD;
use crate::join::join;
use crate::template;

/// What every answer carries, refusals and faults included.
const ALWAYS: [&str; 8] = [
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "cache-control",
    "x-request-id",
];

/// The database with the six people in it.
const PEOPLED: &str = "template_peopled";

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Nobody,
    Waiting,
    Rejected,
    Member,
    Reviewer,
    Admin,
}

/// The people, by id.
#[derive(Clone)]
pub(crate) struct People {
    pub(crate) waiting: MemberId,
    pub(crate) rejected: MemberId,
    pub(crate) member: MemberId,
    pub(crate) reviewer: MemberId,
    pub(crate) admin: MemberId,
    /// A member to do things to: `otto`.
    pub(crate) other: MemberId,
}

/// A test site with six members, and a client that checks every answer.
pub(crate) struct House {
    pub(crate) stage: TestSite,
    pub(crate) people: People,
    /// What was wrong with answers so far.
    pub(crate) faults: Mutex<Vec<String>>,
}

/// A request, with whatever bytes it likes.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl House {
    /// A site on a fresh database of this name.
    pub(crate) async fn open(name: &str, connections: u16) -> Self {
        static PEOPLE: OnceCell<People> = OnceCell::const_new();
        let people = PEOPLE.get_or_init(Self::peopled).await.clone();
        let stage = template::copied(PEOPLED, name, TestSiteOptions::of(connections)).await;
        Self { stage, people, faults: Mutex::default() }
    }

    /// Makes the database that all others are copies of.
    async fn peopled() -> People {
        let stage = template::site(PEOPLED, TestSiteOptions::of(80)).await;
        let people = People {
            waiting: join(&stage, "wilma", "waiting").await,
            rejected: join(&stage, "rolf", "rejected").await,
            member: join(&stage, "maja", "approved").await,
            reviewer: join(&stage, "rita", "approved").await,
            admin: join(&stage, "adele", "approved").await,
            other: join(&stage, "otto", "approved").await,
        };
        for (member, role) in [(people.reviewer, Role::Reviewer), (people.admin, Role::Admin)] {
            let granted = RoleGranted { member, role, by: DecidedBy::OPERATOR };
            let _ = stage.give(Box::new(granted), story_time()).await.unwrap();
        }
        stage.settle().await.unwrap();
        stage.close().await;
        people
    }

    pub(crate) fn id(&self, who: Who) -> Option<MemberId> {
        match who {
            Who::Nobody => None,
            Who::Waiting => Some(self.people.waiting),
            Who::Rejected => Some(self.people.rejected),
            Who::Member => Some(self.people.member),
            Who::Reviewer => Some(self.people.reviewer),
            Who::Admin => Some(self.people.admin),
        }
    }

    /// A new login.
    pub(crate) async fn token(&self, who: Who) -> Option<String> {
        match self.id(who) {
            Some(member) => Some(self.stage.login(member).await.unwrap()),
            None => None,
        }
    }

    /// Asks in process, as who holds this token: programs send it as Bearer, browsers as a cookie.
    pub(crate) async fn ask(&self, ask: &Ask, token: Option<&str>) -> Answer {
        let answer = self.ask_as_is(&ask.clone().from(token)).await;
        self.look_at(ask, &answer);
        answer
    }

    /// Asks with exactly these headers.
    pub(crate) async fn ask_as_is(&self, ask: &Ask) -> Answer {
        let response = self.stage.router.clone().oneshot(ask.request()).await;
        let response = response.unwrap_or_else(|never| match never {});
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("an answer does not break off").to_bytes().to_vec();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Notes what no answer may be.
    fn look_at(&self, ask: &Ask, answer: &Answer) {
        for header in ALWAYS {
            if !answer.headers.contains_key(header) {
                self.fault(ask, answer, &format!("it lacks {header}"));
            }
        }
        if answer.status >= 500 {
            self.fault(ask, answer, "a fault of ours");
        }
        let came = Came { status: answer.status, headers: &answer.headers, body: &answer.body };
        for breach in CONTRACT.breaches(ask.method.as_str(), &ask.target, &came) {
            self.fault(ask, answer, &breach);
        }
        if answer.status < 400 {
            return;
        }
        let kind = answer.header("content-type");
        if !ask.is_api() {
            if !kind.starts_with("text/html") && ask.method != Method::HEAD {
                self.fault(ask, answer, "a page was expected");
            }
            return;
        }
        let problem = answer.json();
        let text = |name: &str| problem[name].as_str().is_some_and(|text| !text.is_empty());
        let whole = kind == "application/problem+json"
            && problem["status"] == answer.status
            && ["type", "title", "detail", "code", "instance"].into_iter().all(text);
        if !whole && ask.method != Method::HEAD {
            self.fault(ask, answer, "no RFC 9457 problem");
        }
        if answer.status == 422 && answer.field().is_empty() && ask.method != Method::HEAD {
            self.fault(ask, answer, "no field is named");
        }
    }

    /// Notes that an answer is not what it should be.
    pub(crate) fn fault(&self, ask: &Ask, answer: &Answer, what: &str) {
        let body: String = String::from_utf8_lossy(&ask.body).chars().take(120).collect();
        let target: String = ask.target.chars().take(120).collect();
        let said: String = String::from_utf8_lossy(&answer.body).chars().take(300).collect();
        let (method, status) = (&ask.method, answer.status);
        self.faults.lock().unwrap().push(format!("{what}: {method} {target} {body:?}\n    {status} {said}"));
    }

    /// Gives everybody a whole allowance again.
    pub(crate) async fn forgive(&self) {
        let limits = self.stage.ctx.unit_named("limits").unwrap();
        sqlx::query("delete from limits.allowance").execute(&limits.pool).await.unwrap();
    }

    /// Ends the site, and the test if anything was wrong.
    pub(crate) async fn close(self) {
        self.stage.close().await;
        let faults = self.faults.into_inner().unwrap();
        let few: Vec<&str> = faults.iter().map(String::as_str).take(40).collect();
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), few.join("\n"));
    }
}

impl Ask {
    pub(crate) fn new(method: Method, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(target: impl Into<String>) -> Self {
        Self::new(Method::GET, target)
    }

    pub(crate) fn post(target: impl Into<String>) -> Self {
        Self::new(Method::POST, target)
    }

    pub(crate) fn json(self, body: impl Into<Vec<u8>>) -> Self {
        self.with("content-type", "application/json").holding(body)
    }

    pub(crate) fn form(self, body: impl Into<Vec<u8>>) -> Self {
        self.with("content-type", "application/x-www-form-urlencoded").holding(body)
    }

    pub(crate) fn at(self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self }
    }

    pub(crate) fn holding(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// As a program or a browser would send it.
    fn from(self, token: Option<&str>) -> Self {
        let api = self.is_api();
        let ask = if api { self } else { self.with("sec-fetch-site", "same-origin") };
        match token {
            Some(token) if api => ask.with("authorization", format!("Bearer {token}")),
            Some(token) => ask.with("cookie", format!("session={token}")),
            None => ask,
        }
    }

    pub(crate) fn is_api(&self) -> bool {
        self.target.starts_with("/api/")
    }

    pub(crate) fn request(&self) -> Request<Body> {
        let uri: Uri = self.target.parse().unwrap_or_else(|error| panic!("{}: {error}", self.target));
        let mut request = Request::new(Body::from(self.body.clone()));
        (*request.method_mut(), *request.uri_mut()) = (self.method.clone(), uri);
        request.headers_mut().insert(header::HOST, HeaderValue::from_static("127.0.0.1"));
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
        }
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
        request
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Null where the body is no JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The stable code of a problem.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The first field that a problem names.
    pub(crate) fn field(&self) -> String {
        self.json()["errors"][0]["field"].as_str().unwrap_or_default().to_owned()
    }
}
