//! What no client library would send, byte by byte over a real connection: a refusal, and the site lives on.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::house::House;

#[tokio::test]
async fn odd_bytes_are_refused() {
    let house = House::open("house_wire", 80).await;
    let long = "x".repeat(40_000);
    let many = (0..150).fold(String::new(), |text, n| text + &format!("x-{n}: y\r\n"));
    let cases: [(&str, Vec<u8>); 14] = [
        ("bytes in a path", b"GET /member/\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("bytes in a query", b"GET /login?next=\xff HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("a NUL in a path", b"GET /member/\0 HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("a NUL in a header", b"GET /nowhere HTTP/1.1\r\nhost: x\r\nx: \0\r\n\r\n".to_vec()),
        ("no method", b" / HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("no HTTP", b"hello\r\n\r\n".to_vec()),
        ("another version", b"GET / HTTP/9.9\r\nhost: x\r\n\r\n".to_vec()),
        ("a long path", format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n").into_bytes()),
        ("a long header", format!("GET /nowhere HTTP/1.1\r\nhost: x\r\nx: {long}\r\n\r\n").into_bytes()),
        ("many headers", format!("GET /nowhere HTTP/1.1\r\nhost: x\r\n{many}\r\n").into_bytes()),
        ("no number", post("content-length: many", b"")),
        ("two lengths", post("content-length: 1\r\ncontent-length: 2", b"xx")),
        ("a bad chunk", post("transfer-encoding: chunked", b"zz\r\nxx\r\n0\r\n\r\n")),
        ("length and chunks", post("content-length: 5\r\ntransfer-encoding: chunked", b"zz\r\n\r\n")),
    ];
    for (what, bytes) in cases {
        let answer = exchange(&house, &bytes).await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        // A query that is no text is read as one with holes: nothing of it is kept.
        let is_fine = status.starts_with('4') || (what == "bytes in a query" && status == "200");
        assert!(is_fine, "{what}: {answer}");
    }
    let alive = exchange(&house, b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(alive.starts_with("HTTP/1.1 200"), "{alive}");
    house.close().await;
}

/// On every way there is: pages, programs' answers, static files, health, and where nothing is.
#[tokio::test]
async fn a_request_says_once_whom_it_is_for() {
    let house = House::open("house_hosts", 80).await;
    let paths = [
        "/",
        "/login",
        "/api/session",
        "/api/openapi.json",
        "/static/live.js",
        "/health/live",
        "/health/ready",
        "/nowhere",
    ];
    let refused = [
        ("none", "GET {} HTTP/1.1\r\n"),
        ("two", "GET {} HTTP/1.1\r\nhost: x\r\nhost: y\r\n"),
        ("twice the same", "GET {} HTTP/1.1\r\nhost: x\r\nHOST: x\r\n"),
        ("two in HTTP/1.0", "GET {} HTTP/1.0\r\nhost: x\r\nhost: y\r\n"),
        ("two in one", "GET {} HTTP/1.1\r\nhost: x, y\r\n"),
        ("an empty one", "GET {} HTTP/1.1\r\nhost:\r\n"),
        ("one with a path", "GET {} HTTP/1.1\r\nhost: x/y\r\n"),
        ("one with a user", "GET {} HTTP/1.1\r\nhost: nancy@x\r\n"),
        ("one with no port", "GET {} HTTP/1.1\r\nhost: x:y\r\n"),
        ("one that is no text", "GET {} HTTP/1.1\r\nhost: \u{e5}\r\n"),
        ("another than the address", "GET http://y{} HTTP/1.1\r\nhost: x\r\n"),
        ("only the address", "GET http://x{} HTTP/1.1\r\n"),
        ("an address with a user", "GET http://nancy@x{} HTTP/1.1\r\nhost: x\r\n"),
        ("a form", "POST {} HTTP/1.1\r\ncontent-length: 0\r\n"),
    ];
    let clear = [
        ("one", "GET {} HTTP/1.1\r\nhost: x\r\n"),
        ("one with a port", "GET {} HTTP/1.1\r\nHost:x:8080 \r\n"),
        ("an address", "GET {} HTTP/1.1\r\nhost: [::1]:80\r\n"),
        ("none in HTTP/1.0", "GET {} HTTP/1.0\r\n"),
        ("the same as the address", "GET http://X:80{} HTTP/1.1\r\nhost: x:80\r\n"),
    ];
    for path in paths {
        for (what, head) in refused {
            let answer = exchange(&house, (head.replace("{}", path) + "\r\n").as_bytes()).await;
            assert!(
                answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.0 400"),
                "{path}, {what}: {answer}"
            );
            assert!(answer.contains("\r\nconnection: close\r\n"), "{path}, {what}: {answer}");
            assert!(
                !path.starts_with("/api") || answer.contains("application/problem+json"),
                "{path}: {answer}"
            );
        }
        for (what, head) in clear {
            let answer =
                exchange(&house, (head.replace("{}", path) + "connection: close\r\n\r\n").as_bytes()).await;
            let status = answer.lines().next().unwrap_or_default();
            assert!(!status.contains(" 400 "), "{path}, {what}: {answer}");
        }
    }
    let told = exchange(&house, b"GET /api/session HTTP/1.1\r\naccept: */*\r\n\r\n").await;
    assert!(told.contains("bad-host"), "{told}");
    house.close().await;
}

/// Where lengths are unclear, two programs in a row may see two different requests. Then there is no second one here.
#[tokio::test]
async fn nothing_is_smuggled() {
    let house = House::open("house_smuggled", 80).await;
    let chunked = "transfer-encoding: chunked";
    let heads = [
        ("lengths that differ", "content-length: 4\r\ncontent-length: 0".to_owned(), true),
        ("lengths in one", "content-length: 4, 0".to_owned(), true),
        ("a length with a sign", "content-length: +0".to_owned(), true),
        ("a negative length", "content-length: -1".to_owned(), true),
        ("a length that is hexadecimal", "content-length: 0x0".to_owned(), true),
        ("a length too long", format!("content-length: {}", "9".repeat(40)), true),
        ("a space before the colon", "content-length : 0".to_owned(), true),
        ("a tab before the colon", "transfer-encoding\t: chunked".to_owned(), true),
        ("a folded line", "content-length:\r\n 0".to_owned(), true),
        ("a bare carriage return", "x: y\rcontent-length: 0".to_owned(), true),
        ("chunks that are not last", "transfer-encoding: chunked, gzip".to_owned(), true),
        ("chunks under another name", "transfer-encoding: xchunked".to_owned(), true),
        ("no chunks", "transfer-encoding: identity".to_owned(), true),
        ("chunks twice", "transfer-encoding: chunked, chunked".to_owned(), true),
        ("chunks in two lines", format!("{chunked}\r\n{chunked}"), true),
        ("no chunks, then chunks", "transfer-encoding: identity, chunked".to_owned(), true),
        // By the rules chunks win, and the connection ends.
        ("length before chunks", format!("content-length: 0\r\n{chunked}"), false),
        ("chunks before length", format!("{chunked}\r\ncontent-length: 0"), false),
    ];
    let second = "GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    for (what, headers, refused) in heads {
        let answer = all_of(&house, &post(&headers, format!("0\r\n\r\n{second}").as_bytes())).await;
        assert_eq!(answer.matches("HTTP/1.").count(), 1, "{what}: {answer}");
        assert!(!refused || answer.starts_with("HTTP/1.1 400"), "{what}: {answer}");
        assert!(!answer.contains("live\n"), "{what}: {answer}");
    }
    let bare = format!("POST /api/session HTTP/1.0\r\nhost: x\r\n{chunked}\r\n\r\n0\r\n\r\n{second}");
    let answer = all_of(&house, bare.as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.").count(), 1, "chunks in HTTP/1.0: {answer}");
    assert!(answer.contains(" 400 "), "chunks in HTTP/1.0: {answer}");
    // The same length twice says one thing, and so what follows is another request.
    let twice = post("content-type: application/json\r\ncontent-length: 2\r\ncontent-length: 2", b"{}");
    let answer = all_of(&house, &[&twice[..], second.as_bytes()].concat()).await;
    assert!(answer.ends_with("live\n") && answer.matches("HTTP/1.").count() == 2, "{answer}");
    house.close().await;
}

/// On every way there is. What would be a mistake in a change is none where something is read.
#[tokio::test]
async fn what_nobody_here_does_is_not_done() {
    let house = House::open("house_strict", 80).await;
    let cases = [
        ("expect: a-miracle", 417, 417),
        ("content-encoding: gzip", 415, 415),
        ("content-encoding: identity\r\ncontent-encoding: br", 415, 415),
        ("content-range: bytes 0-1/2", 400, 200),
        ("if-match: \"1\"", 412, 200),
        ("if-match: *\r\nif-match: W/\"1\"", 412, 200),
    ];
    for (header, changed, read) in cases {
        let end = "connection: close\r\n";
        let json = format!("content-type: application/json\r\ncontent-length: 2\r\n{header}\r\n{end}");
        let answer = all_of(&house, &post(json.trim_end(), b"{}")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {changed} ")), "{header}: {answer}");
        assert!(answer.contains("application/problem+json"), "{header}: {answer}");
        for path in ["/login", "/static/live.js", "/health/live", "/api/openapi.json"] {
            let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\n{header}\r\n{end}\r\n");
            let answer = exchange(&house, head.as_bytes()).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {read} ")), "{path}, {header}: {answer}");
        }
    }
    for fine in ["expect: 100-continue", "content-encoding: identity", "if-match: *"] {
        let json =
            format!("content-type: application/json\r\ncontent-length: 2\r\n{fine}\r\nconnection: close");
        let answer = all_of(&house, &post(&json, b"{}")).await;
        assert!(answer.contains("HTTP/1.1 422 "), "{fine}: {answer}");
    }
    house.close().await;
}

/// The site does not read what it will not take, so the rest need not be sent.
#[tokio::test]
async fn a_huge_body_is_refused_before_it_is_sent() {
    let house = House::open("house_huge", 80).await;
    let length = format!("content-type: application/json\r\ncontent-length: {}", 10 * 1024 * 1024);
    let answer = exchange(&house, &post(&length, &vec![b' '; 100 * 1024])).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("body-too-large"), "{answer}");
    house.close().await;
}

fn post(headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("POST /api/session HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n").as_bytes(), body].concat()
}

/// Sends these bytes, and reads what comes until the head of an answer and what is there of its body.
async fn exchange(house: &House, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(house.stage.address).await.unwrap();
    // The site may have said no before everything is sent.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut part).await {
        answer.extend_from_slice(&part[..read]);
        if answer.windows(4).any(|end| end == b"\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends these bytes, and reads whatever is answered until the site ends the connection.
async fn all_of(house: &House, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(house.stage.address).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    // What comes after the end of what was sent may break the connection off.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}
