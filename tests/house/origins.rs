//! What other sites' front ends may do, and what only https may promise: by configuration.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::postgres::folder;
use crate::site::Site;

const FRONT_END: &str = "https://app.example";

#[tokio::test]
async fn a_configured_front_end_may_call_the_api_and_others_may_not() {
    let site = Site::start(&folder("cors"), &[("CORS_ORIGINS", FRONT_END)]);
    let preflight = |origin: &str, path: &str| {
        let asks = format!(
            "origin: {origin}\r\naccess-control-request-method: POST\r\n\
             access-control-request-headers: authorization, content-type\r\n"
        );
        send(&site, &format!("OPTIONS {path}"), &asks)
    };
    let allowed = preflight(FRONT_END, "/api/alerts/ack");
    assert!(allowed.contains(&format!("access-control-allow-origin: {FRONT_END}\r\n")), "{allowed}");
    assert!(allowed.to_lowercase().contains("authorization"), "{allowed}");
    assert!(!allowed.contains("access-control-allow-credentials"), "{allowed}");
    // A refusal has to be readable over there, too.
    let refused = send(&site, "GET /api/alerts", &format!("origin: {FRONT_END}\r\n"));
    assert!(refused.starts_with("http/1.1 401"), "{refused}");
    assert!(refused.contains(&format!("access-control-allow-origin: {FRONT_END}\r\n")), "{refused}");

    for other in [preflight("https://evil.example", "/api/alerts/ack"), preflight(FRONT_END, "/alerts")] {
        assert!(!other.contains("access-control-allow-origin"), "{other}");
    }
}

#[tokio::test]
async fn https_is_promised_only_where_it_is() {
    // What it says of itself is the public address, so the port has to be known before.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let environment = [("PUBLIC_URL", "https://pancake.example"), ("LISTEN", free.as_str())];
    let site = Site::start(&folder("https"), &environment);
    assert!(send(&site, "GET /", "").contains("strict-transport-security: max-age="));
    let logout = send(&site, "POST /logout", "sec-fetch-site: same-origin\r\ncontent-length: 0\r\n");
    assert!(logout.contains("set-cookie: __host-session=;"), "{logout}");
    assert!(logout.contains("; secure"), "{logout}");
    drop(site);
    let laptop = Site::start(&folder("http"), &[]);
    assert!(!send(&laptop, "GET /", "").contains("strict-transport-security"));
}

/// One request by hand; the answer in lower case.
fn send(site: &Site, line: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(site.address()).unwrap();
    write!(stream, "{line} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}\r\n", site.address())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.to_lowercase()
}
