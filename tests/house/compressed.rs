//! What is compressed, for whom, and what is not: the same content in every coding.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use flate2::read::GzDecoder;
use futures::future::{join, poll_immediate};
use http_body_util::BodyExt;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use crate::house::{Answer, Ask, House, PASSWORD, Who};

/// Within this a stream says its first words.
const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn pages_and_json_come_as_the_client_takes_them() {
    let house = House::open("house_compressed", 80).await;
    let token = house.token(Who::Member).await.unwrap();
    for path in ["/search", "/settings", "/login", "/nowhere", "/api/openapi.json", "/api/docs"] {
        let ask = |method: Method, coding: &str| Ask::new(method, path).with("accept-encoding", coding);
        let plain = house.ask(&Ask::get(path), Some(&token)).await;
        assert_eq!(plain.header("content-encoding"), "", "{path}");
        let identity = house.ask(&ask(Method::GET, "br, identity"), Some(&token)).await;
        assert_eq!(identity.header("content-encoding"), "", "{path}");
        let packed = house.ask(&ask(Method::GET, "br, gzip;q=0.5"), Some(&token)).await;
        assert_eq!(packed.header("content-encoding"), "gzip", "{path}: {} {}", plain.status, plain.text());
        assert_eq!(packed.status, plain.status, "{path}");
        assert!(
            packed.body.len() * 3 < plain.body.len() * 2,
            "{path}: {} of {}",
            packed.body.len(),
            plain.body.len()
        );
        assert_eq!(masked(&unzipped(&packed)), masked(&plain.text()), "{path}");
        assert_eq!(packed.header("content-length"), "", "{path}");
        let head = house.ask(&ask(Method::HEAD, "gzip"), Some(&token)).await;
        assert_eq!((head.header("content-encoding"), head.header("content-length")), ("gzip", ""), "{path}");
        for answer in [&plain, &identity, &packed, &head] {
            assert!(varies(answer), "{path}: {:?}", answer.headers.get_all("vary"));
        }
        let (strong, weak) = (plain.header("etag"), packed.header("etag"));
        assert_eq!(weak, if strong.is_empty() { String::new() } else { format!("W/{strong}") }, "{path}");
    }
    // Small ones are not worth it.
    let small = house.ask(&Ask::get("/api/nav").with("accept-encoding", "gzip"), Some(&token)).await;
    assert_eq!((small.status, small.header("content-encoding")), (200, ""));
    house.close().await;
}

/// The length of what is compressed tells something of it (decision 85).
#[tokio::test]
async fn what_answers_a_change_is_never_compressed() {
    let house = House::open("house_compressed_changes", 80).await;
    let login = format!(r#"{{"nickname": "maja", "password": "{PASSWORD}"}}"#);
    let refused = format!("nickname=maja&password=wrong&next=/{}", "x".repeat(4_000));
    for ask in [Ask::post("/api/session").json(login), Ask::post("/login").form(refused)] {
        let answer = house.ask(&ask.clone().with("accept-encoding", "gzip, br"), None).await;
        assert!([201, 401].contains(&answer.status), "{}: {}", ask.target, answer.status);
        assert_eq!(answer.header("content-encoding"), "", "{}", ask.target);
    }
    // The same page does not always have the same length.
    let mut lengths = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let answer = house.ask(&Ask::get("/login").with("accept-encoding", "gzip"), None).await;
        lengths.insert(answer.header("padding").len());
    }
    assert!(lengths.len() > 5, "{lengths:?}");
    house.close().await;
}

#[tokio::test]
async fn static_files_come_as_the_client_takes_them() {
    let house = House::open("house_compressed_files", 80).await;
    let mut tags = std::collections::BTreeSet::new();
    let plain = house.ask(&Ask::get("/static/app.css"), None).await;
    for (asked, coding) in [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", ""),
        ("zstd", ""),
    ] {
        let ask = Ask::get("/static/app.css").with("accept-encoding", asked);
        let answer = house.ask(&ask, None).await;
        assert_eq!(answer.header("content-encoding"), coding, "{asked}");
        assert_eq!(answer.header("content-type"), "text/css; charset=utf-8", "{asked}");
        assert!(varies(&answer), "{asked}");
        let content = match coding {
            "br" => unbrotlied(&answer.body),
            "gzip" => unzipped(&answer),
            _ => answer.text(),
        };
        assert_eq!(content, plain.text(), "{asked}");
        let head =
            house.ask(&Ask::new(Method::HEAD, "/static/app.css").with("accept-encoding", asked), None).await;
        assert_eq!(head.header("content-length"), answer.body.len().to_string(), "{asked}");
        // Each coding has a tag of its own, and whoever names that has it already.
        let tag = answer.header("etag").to_owned();
        let again = house.ask(&ask.with("if-none-match", tag.clone()), None).await;
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, tag.as_str()), "{asked}");
        assert!(varies(&again), "{asked}");
        tags.insert(tag);
    }
    assert_eq!(tags.len(), 3, "{tags:?}");
    house.close().await;
}

#[tokio::test]
async fn streams_and_polls_begin_at_once() {
    let house = House::open("house_compressed_streams", 80).await;
    let token = house.token(Who::Member).await.unwrap();
    let ask = |path: &str| {
        let request = Request::get(path).header("host", "127.0.0.1").header("accept-encoding", "gzip, br");
        let request = request.header("cookie", format!("session={token}")).body(Body::empty()).unwrap();
        let answer = house.stage.router.clone().oneshot(request);
        async move {
            let answer = timeout(SOON, answer).await.expect("the head comes at once").unwrap();
            assert_eq!((answer.status().as_u16(), answer.headers().get("content-encoding")), (200, None));
            answer.into_body()
        }
    };
    let mut stream = ask("/live?after=chat:0").await;
    let first = timeout(SOON, stream.frame()).await.expect("it speaks at once").unwrap().unwrap();
    assert!(first.into_data().unwrap().starts_with(b"retry: "));
    let mut poll = ask("/api/poll?after=chat:0&wait=20").await;
    assert!(poll_immediate(poll.frame()).await.is_none(), "nothing is new yet");
    let writer = house.token(Who::Reviewer).await;
    let message = Ask::post(format!("/api/chat/{}", house.people.member)).json(r#"{"text": "Hello"}"#);
    let write = async {
        sleep(Duration::from_millis(100)).await;
        assert_eq!(house.ask(&message, writer.as_deref()).await.status, 201);
    };
    let (heard, ()) = join(timeout(SOON, join(stream.frame(), poll.frame())), write).await;
    let (of_stream, of_poll) = heard.expect("it arrives at once");
    assert!(of_stream.unwrap().unwrap().into_data().unwrap().starts_with(b"event: changed"));
    assert!(of_poll.unwrap().unwrap().into_data().unwrap().starts_with(b"{\"after\""));
    drop((stream, poll));
    house.close().await;
}

fn varies(answer: &Answer) -> bool {
    answer.headers.get_all("vary").iter().any(|value| value.to_str().unwrap().contains("accept-encoding"))
}

fn unzipped(answer: &Answer) -> String {
    let mut text = String::new();
    GzDecoder::new(answer.body.as_slice()).read_to_string(&mut text).expect("it is gzip");
    text
}

fn unbrotlied(body: &[u8]) -> String {
    let mut text = String::new();
    brotli::Decompressor::new(body, 4096).read_to_string(&mut text).expect("it is brotli");
    text
}

/// Without what differs from one answer to the next: the number of the request.
fn masked(text: &str) -> String {
    let is_number = |word: &&str| !(word.len() == 36 && word.split('-').count() == 5);
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    words.filter(is_number).collect::<Vec<_>>().join(" ")
}
