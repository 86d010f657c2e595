//! The live stream and the long poll behind nginx, over HTTP/1.1 and HTTP/2: nothing is held back, an end arrives as
//! an end, and a break as a break.
//!
//! The proxy runs docs/nginx.conf, the file that operators have; the clients are curl.

use std::slice;

use rustix::process::{Signal, kill_process};
use serde_json::Value;

use crate::nginx::{Curl, Nginx, Version, free_port};
use crate::postgres::{folder, postgres};
use crate::site::Site;
use crate::town::{Person, Town};

const VERSIONS: [Version; 2] = [Version::One, Version::Two];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_and_polls_pass_a_proxy() {
    let _machine = crate::MACHINE.read().await;
    let town = Town::open(postgres().await, "proxied", 2).await;
    let [writer, reader] = &town.people[..] else { panic!("two members") };
    let site_port = free_port();
    let nginx = Nginx::start(&folder("nginx"), slice::from_ref(&site_port)).await;
    let mut site = start(&town, &nginx, &site_port).await;

    let after = seen(&nginx, reader).await;
    let poll = format!("/api/poll?after={after}&wait=25");
    let polls = VERSIONS.map(|version| nginx.curl(version, reader, &poll, &[]));
    let mut streams = listen(&nginx, reader, &after).await;

    // From here on the site sends nothing but the news.
    let write = ["-X", "POST", "-H", "content-type: application/json", "-d", r#"{"text":"Hello?"}"#];
    let written = nginx.curl(Version::Two, writer, &format!("/api/chat/{}", reader.id), &write);
    assert!(written.end().await.starts_with("HTTP/2 201"));
    for stream in &mut streams {
        stream.hears("event: changed\n").await;
        stream.hears("\ndata: {\"changed\":[").await;
        assert!(!stream.heard().contains("\n:\n"), "it took a heartbeat: {}", stream.heard());
    }
    for poll in polls {
        let news = body(&poll.end().await);
        assert!(news["changed"].as_array().unwrap().contains(&"chat".into()), "{news}");
    }

    let left = nginx.curl(Version::One, reader, "/api/session", &["-X", "DELETE"]).end().await;
    assert!(left.starts_with("HTTP/1.1 20"), "{left}");
    for stream in streams {
        let heard = stream.end().await;
        assert!(heard.ends_with("event: end\ndata: {\"why\":\"logged-out\"}\n\n"), "{heard}");
    }

    stops(&nginx, &mut site, writer).await;
    let mut site = start(&town, &nginx, &site_port).await;
    breaks(&nginx, &mut site, writer).await;
    println!("proxied: a message, a logout, a stop and a kill pass nginx at once, over HTTP/1.1 and HTTP/2");
}

/// The site is told to stop: her streams are told when to come back, and end well.
async fn stops(nginx: &Nginx, site: &mut Site, writer: &Person) {
    let after = seen(nginx, writer).await;
    let streams = listen(nginx, writer, &after).await;
    kill_process(site.pid(), Signal::TERM).unwrap();
    for stream in streams {
        let heard = stream.end().await;
        let last = heard.strip_suffix("\n\n").and_then(|heard| heard.lines().last());
        assert!(last.is_some_and(|line| line.starts_with("retry: ")), "{heard}");
        assert_eq!(heard.matches("\nretry: ").count(), 2, "{heard}");
    }
    assert!(site.ended().success());
}

/// The site is gone in the middle of a stream: nobody takes that for its end.
async fn breaks(nginx: &Nginx, site: &mut Site, writer: &Person) {
    let after = seen(nginx, writer).await;
    let streams = listen(nginx, writer, &after).await;
    kill_process(site.pid(), Signal::KILL).unwrap();
    for stream in streams {
        stream.breaks().await;
    }
    site.ended();
}

/// Opens a stream of each version, and waits until both have begun.
async fn listen(nginx: &Nginx, by: &Person, after: &str) -> [Curl; 2] {
    let live = format!("/live?after={after}");
    let mut streams = VERSIONS.map(|version| nginx.curl(version, by, &live, &[]));
    for stream in &mut streams {
        stream.hears("\nretry: ").await;
    }
    streams
}

async fn start(town: &Town, nginx: &Nginx, port: &str) -> Site {
    let public: &'static str = nginx.url().leak();
    let listen: &'static str = format!("127.0.0.1:{port}").leak();
    town.site(&[("PUBLIC_URL", public), ("TRUSTED_PROXIES", "127.0.0.1"), ("LISTEN", listen)]).await
}

/// The cursor of what there is now.
async fn seen(nginx: &Nginx, by: &Person) -> String {
    let answer = nginx.curl(Version::One, by, "/api/poll", &[]).end().await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    body(&answer)["after"].as_str().unwrap().to_owned()
}

/// What follows the headers.
fn body(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer}"));
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}
