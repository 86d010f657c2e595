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
