//! The mock: what it answers passes the same expectations as the site, for every call of every use case.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, header};
use http_body_util::BodyExt;
use pancake::bus::memory::MemoryBus;
use pancake::dev::mock::{self, Book};
use pancake::dev::usecase::example::{Example, Sent};
use pancake::dev::usecase::expect::{self, Came};
use pancake::dev::usecase::model::{Then, UseCase, When};
use pancake::dev::usecase::names::Bindings;
use pancake::dev::usecase::wire::is_api;
use pancake::dev::usecase::{UseCases, load};
use pancake::kernel::config::{Config, StoreConfig};
use pancake::kernel::context::Context;
use pancake::modules;
use pancake::shared::passwords::Passwords;
use pancake::store::Units;
use serde_json::{Value, json};
use tower::ServiceExt;

const NANCY: &str = "00000000-0000-7000-8000-000000000002";

struct Mock {
    router: Router,
    book: Arc<Book>,
    usecases: UseCases,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Mock {
    fn open(folder: &Path) -> Self {
        let registry = modules::registry();
        let usecases = load::drafts(folder, &registry).unwrap();
        let book = Arc::new(Book::of(&registry, usecases.clone()));
        let config = Config::for_tools(StoreConfig::none());
        let bus = Arc::new(MemoryBus::default());
        let ctx =
            Context::assemble(config, Arc::new(registry), Units::default(), bus, Passwords::new().unwrap());
        Self { router: mock::router(&ctx, book.clone()), book, usecases }
    }

    fn usual() -> Self {
        Self::open(Path::new("usecases"))
    }

    async fn ask(&self, mut request: Request<Body>) -> Answer {
        request.headers_mut().insert(header::HOST, HeaderValue::from_static("127.0.0.1"));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        let request = Request::get(path);
        let request = match token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        };
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    /// Asks as an example says, for the answer of this very one.
    async fn replay(&self, example: &Example) -> Answer {
        let sent = &example.request;
        let mut request = Request::builder().method(sent.method.clone()).uri(example.target());
        request = request.header("prefer", format!("example=\"{}\"", example.label()));
        for (name, value) in &sent.headers {
            request = request.header(name, value);
        }
        if let Some(nickname) = &example.actor {
            request = request.header(header::AUTHORIZATION, format!("Bearer {nickname}"));
        }
        let body = match &sent.body {
            Sent::Nothing => Body::empty(),
            Sent::Json(json) => Body::from(json.to_string()),
            Sent::Bytes(bytes) => Body::from(bytes.clone()),
        };
        self.ask(request.body(body).unwrap()).await
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

/// Expectations of the calls to the API, in the order of the examples.
fn expected(case: &UseCase) -> impl Iterator<Item = &Then> {
    let called = |when: &When| matches!(when, When::Call(call) if is_api(&call.path));
    case.steps.iter().filter(move |step| called(&step.when)).map(|step| &step.then)
}

#[tokio::test]
async fn mock_answers_hold_what_their_use_cases_expect() {
    let mock = Mock::usual();
    let mut left = mock.book.examples().iter();
    let mut faults = Vec::new();
    for case in &mock.usecases.cases {
        let mut known = Bindings::new(&mock.usecases.cast);
        for then in expected(case) {
            let example = left.next().unwrap();
            let answer = mock.replay(example).await;
            let (body, header) = (serde_json::from_str(&answer.text).ok(), |name: &str| answer.header(name));
            let came = Came { status: answer.status, header: &header, body: body.as_ref() };
            let mut found = expect::answer(then, &came, &mut known);
            if answer.header("mock-use-case") != Some(&example.label()) {
                found.push(format!("it is of {:?}", answer.header("mock-use-case")));
            }
            faults.extend(
                found.iter().map(|fault| format!("{}: {fault}\n    {}", example.label(), answer.text)),
            );
        }
    }
    assert!(left.next().is_none() && mock.book.len() > 100, "{} calls", mock.book.len());
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// What cases do not say follows from the schemas.
#[test]
fn mock_answers_are_as_documented() {
    let mock = Mock::usual();
    let document = mock.book.document();
    let (mut checked, mut faults) = (0, Vec::new());
    for example in mock.book.examples() {
        let Some(action) = &example.action else { continue };
        let method = action.action.method.as_str().to_lowercase();
        let mut answer =
            &document["paths"][&action.path][method]["responses"][example.response.status.to_string()];
        if let Some(reference) = answer["$ref"].as_str() {
            answer = document.pointer(reference.trim_start_matches('#')).unwrap();
        }
        let media = answer["content"].as_object().and_then(|content| content.iter().next());
        // A file has no example.
        let media = media.filter(|(kind, _)| !kind.starts_with("image/")).map(|(_, media)| media);
        let (Some(media), Some(body)) = (media, &example.response.body) else {
            if media.is_some() || example.response.body.is_some() || answer.is_null() {
                faults.push(format!("{}: {:?} is not as documented", example.label(), example.response));
            }
            continue;
        };
        let mut schema = media["schema"].clone();
        schema["components"] = json!({ "schemas": document["components"]["schemas"] });
        let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let errors =
            schema.iter_errors(body).map(|error| format!("{error} at \"{}\"", error.instance_path()));
        faults.extend(errors.map(|error| format!("{}: {error} in {body}", example.label())));
        checked += 1;
    }
    assert!(checked > 100, "{checked}");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test]
async fn mock_lists_what_it_has() {
    let mock = Mock::usual();
    for path in ["/", "/api/mock"] {
        let list = mock.get(path, None).await.json();
        let items = list["items"].as_array().unwrap();
        assert_eq!(items.len(), mock.book.len());
        let wanted = json!({
            "method": "POST", "path": "/api/flirt/00000000-0000-7000-8000-000000000001", "as": "bob", "status": 409,
            "useCase": "Nobody flirts with herself", "module": "flirt", "built": true,
        });
        assert!(items.contains(&wanted), "{items:#?}");
        let html = Request::get(path).header(header::ACCEPT, "text/html").body(Body::empty()).unwrap();
        let page = mock.ask(html).await;
        assert!(page.text.starts_with("<!doctype html>") && page.text.contains("Nobody flirts with herself"));
    }
}

#[tokio::test]
async fn mock_chooses_by_who_asks_for_whom() {
    let mock = Mock::usual();
    let queue = mock.get("/api/review", Some("rita")).await;
    assert_eq!((queue.status, queue.json()["items"][0]["member"].is_string()), (200, true));
    assert_eq!(mock.get("/api/review", Some("bob")).await.status, 403);
    let stranger = mock.get("/api/review", None).await;
    assert_eq!((stranger.status, stranger.header("www-authenticate")), (401, Some("Bearer")));
    assert_eq!(mock.get("/api/review", Some("who-is-this")).await.status, 401);
    // Nobody of the use cases asks this as frida, and a success is nearer than a refusal.
    let profile = mock.get(&format!("/api/profile/{NANCY}"), Some("frida")).await;
    assert_eq!((profile.status, &profile.json()["nickname"]), (200, &json!("nancy")));
    // Nobody of the use cases does this to herself but bob.
    let flirt = |to: u8, token: &str| {
        let request = Request::post(format!("/api/flirt/00000000-0000-7000-8000-00000000000{to}"));
        request.header(header::AUTHORIZATION, format!("Bearer {token}")).body(Body::empty()).unwrap()
    };
    assert_eq!(mock.ask(flirt(1, "bob")).await.json()["code"], "flirt.self");
    assert_eq!(mock.ask(flirt(2, "bob")).await.status, 201);
    // carol waits for a reviewer in one of them, and is a member in all others.
    assert_eq!(mock.get("/api/alerts", Some("carol")).await.status, 200);
    // Nobody is new in nancy's own list.
    assert_ne!(mock.get("/api/profile", Some("nancy")).await.json()["items"], json!([]));
    let wrong = mock.get("/api/profile?max=101", Some("bob")).await;
    assert_eq!((wrong.status, &wrong.json()["errors"][0]["field"]), (422, &json!("max")));
}

#[tokio::test]
async fn mock_logs_in_everybody_of_the_cast() {
    let mock = Mock::usual();
    let body = json!({ "nickname": "Carol", "password": mock.usecases.cast.password });
    let request = Request::post("/api/session").body(Body::from(body.to_string())).unwrap();
    let login = mock.ask(request).await;
    assert_eq!((login.status, &login.json()["token"]), (201, &json!("carol")));
    assert_eq!(mock.get("/api/alerts", login.json()["token"].as_str()).await.status, 200);
}

#[tokio::test]
async fn mock_says_where_to_look_for_what_it_does_not_have() {
    let mock = Mock::usual();
    let nothing = mock.get("/api/nothing", Some("bob")).await;
    assert_eq!((nothing.status, &nothing.json()["code"]), (404, &json!("mock.no-use-case")));
    assert!(nothing.json()["detail"].as_str().unwrap().contains("/api/mock"));
    assert_eq!(nothing.header("content-type"), Some("application/problem+json"));
    assert_eq!(nothing.header("access-control-allow-origin"), Some("*"));
    let request = Request::delete("/api/review").body(Body::empty()).unwrap();
    let other = mock.ask(request).await;
    assert_eq!((other.status, other.header("allow")), (405, Some("GET")));
    let request = Request::get("/api/alerts").header("prefer", "example=none").body(Body::empty()).unwrap();
    assert_eq!(mock.ask(request).await.json()["code"], "mock.no-such-example");
    let long = Request::post("/api/session").body(Body::from("x".repeat(20_000_000))).unwrap();
    assert_eq!(mock.ask(long).await.status, 413);
    let preflight = Request::builder()
        .method(Method::OPTIONS)
        .uri("/api/alerts")
        .header("access-control-request-method", "GET")
        .body(Body::empty());
    assert_eq!(mock.ask(preflight.unwrap()).await.status, 204);
}

/// A front end may be ahead of modules, actions and events.
#[tokio::test]
async fn mock_answers_what_is_not_built_yet() {
    let folder = tempfolder("pancake-mock-drafts");
    let cast = std::fs::read_to_string("usecases/cast.toml").unwrap();
    std::fs::write(folder.join("cast.toml"), cast).unwrap();
    std::fs::create_dir_all(folder.join("someday")).unwrap();
    let draft = "name = \"Somebody is ahead\"\nwhen = \"POST /api/someday/nancy as bob\"\n\
        then = { status = 201, body = { someday = \"$someday\", to = \"nancy\", at = \"$at\" }, \
        events = [{ someday-sent = { from = \"bob\", to = \"nancy\" } }] }\n";
    std::fs::write(folder.join("someday/send.toml"), draft).unwrap();
    let mock = Mock::open(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    // Any member may stand where the use case names one.
    let someday = Request::post(format!("/api/someday/{}", NANCY.replace('2', "3")));
    let request = someday.header(header::AUTHORIZATION, "Bearer bob").body(Body::empty()).unwrap();
    let answer = mock.ask(request).await;
    assert_eq!((answer.status, &answer.json()["to"]), (201, &json!(NANCY)));
    assert_eq!(answer.json()["at"], "2026-06-01T12:00:00Z");
    assert!(answer.json()["someday"].as_str().is_some_and(|someday| someday.len() == 36));
    assert_eq!(mock.get("/api/mock", None).await.json()["items"][0]["built"], false);
}

/// A folder of this test run's own.
fn tempfolder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
