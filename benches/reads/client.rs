//! Asks as fast as it is answered, over connections that are kept.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{Request, header};
use futures::future::try_join_all;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::Fault;
use crate::figures::Round;

/// From one connection's place in the list to the next one's.
const APART: usize = 7;

/// A question.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) path: String,
    /// Of who asks.
    pub(crate) token: Option<String>,
}

/// Asks all of them, again and again, for so long.
pub(crate) async fn load(
    address: SocketAddr,
    asks: &Arc<[Ask]>,
    connections: u16,
    time: Duration,
) -> Result<Round, Fault> {
    let begun = Instant::now();
    let askers = (0..usize::from(connections)).map(|number| {
        let own = asks.clone();
        let asking = async move { keep_asking(address, &own, number * APART, begun + time).await };
        async { tokio::spawn(asking).await? }
    });
    let latencies: Vec<Duration> = try_join_all(askers).await?.into_iter().flatten().collect();
    Ok(Round { count: u32::try_from(latencies.len())?, elapsed: begun.elapsed(), latencies })
}

async fn keep_asking(
    address: SocketAddr,
    asks: &[Ask],
    first: usize,
    end: Instant,
) -> Result<Vec<Duration>, Fault> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with its sender.
    tokio::spawn(connection);
    let mut latencies = Vec::new();
    for ask in asks.iter().cycle().skip(first) {
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        once(&mut sender, address, ask).await?;
        latencies.push(sent.elapsed());
    }
    Ok(latencies)
}

async fn once(sender: &mut SendRequest<Empty<Bytes>>, address: SocketAddr, ask: &Ask) -> Result<(), Fault> {
    let mut request = Request::get(&ask.path).header(header::HOST, address.to_string());
    if let Some(token) = &ask.token {
        request = request.header(header::COOKIE, format!("session={token}"));
    }
    let answer = sender.send_request(request.body(Empty::new())?).await?;
    let status = answer.status();
    let mut body = answer.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    if !status.is_success() {
        return Err(format!("{} was answered {status}", ask.path).into());
    }
    Ok(())
}

/// Logs a member in, and returns her token.
pub(crate) async fn log_in(address: SocketAddr, nickname: &str, password: &str) -> Result<String, Fault> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let login = json!({ "nickname": nickname, "password": password });
    let request = Request::post("/api/session")
        .header(header::HOST, address.to_string())
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(login.to_string())))?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    let answer: Value = serde_json::from_slice(&body)?;
    let token = answer["token"].as_str().ok_or_else(|| format!("{nickname} is not logged in: {status}"))?;
    Ok(token.to_owned())
}
