//! Serves a router over HTTP/1 in a way that slow, greedy or silent clients cannot hold up: connections have deadlines,
//! and networks share them ([`Shares`]).
//!
//! `axum::serve` has no deadline for a request's head and no bound on connections, so this goes through hyper
//! itself. It drains in three steps. When the program is leaving, it serves on, and every answer ends its connection.
//! When it stops, the door is closed ([`super::listener_drain`]), and so are connections that were used and are idle. Requests
//! under way, and those of connections so new that none has come yet, get [`GRACE`] before they are cut.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::address::{is_trusted, network};
use super::listener_drain;
use super::shares::Shares;
use super::stall::Stalling;
use crate::kernel::context::Context;

/// How long a client may take to send a request's head; also how long an idle connection is kept.
const HEAD_WAIT: Duration = Duration::from_secs(10);
/// Headers of a request. Browsers send about twenty.
const HEADERS_MAX: usize = 100;
/// Bytes of a request's head. Above [`crate::web::admission`]'s bound on addresses, which answers more kindly.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Bytes that one connection may buffer.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// What requests under way get when the program stops: a second for each, and some to arrive.
pub const GRACE: Duration = Duration::from_millis(1200);
/// How long accepting rests when the machine has no file handles left.
const ACCEPT_REST: Duration = Duration::from_millis(200);

/// Serves until [`Context::stopping`] is cancelled, then drains. Handlers find the peer in
/// `ConnectInfo<SocketAddr>`.
pub async fn serve(listener: TcpListener, router: Router, ctx: Context) {
    let seats = Arc::new(Semaphore::new(ctx.config().clients_max));
    let shares = Shares::new(ctx.config().clients_max);
    let clients = Clients { router, ctx, shares, open: TaskTracker::new(), cut: CancellationToken::new() };
    let stopping = clients.ctx.stopping().clone();
    let accepting = async {
        loop {
            // A permit first: clients beyond the limit wait in the kernel's queue, which is bounded.
            let seat = seats.clone().acquire_owned().await.ok();
            match listener.accept().await {
                Ok((stream, peer)) => clients.welcome(stream, peer, seat),
                Err(error) if is_of_the_client(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "cannot accept connections for a moment");
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
    };
    {
        let mut accepting = pin!(accepting);
        tokio::select! {
            () = stopping.cancelled() => {}
            () = &mut accepting => {}
        }
        if let Err(error) = listener_drain::hold_off(&listener) {
            tracing::debug!(%error, "whoever connects at this moment may be lost");
        }
        let _ = timeout(listener_drain::HANDSHAKE_MAX, accepting).await;
    }
    drop(listener);
    clients.drain().await;
}

/// The client's side of a connection.
struct Clients {
    router: Router,
    ctx: Context,
    /// Of the connections, by network.
    shares: Arc<Shares<IpAddr>>,
    open: TaskTracker,
    /// Ends whatever is left.
    cut: CancellationToken,
}

impl Clients {
    /// Serves one, in a task of its own that holds the connection's permit. A network that has its share is not served: the connection
    /// ends at once. A trusted proxy brings the clients of many networks, and counts silent ones itself.
    fn welcome<S: Send + 'static>(&self, stream: TcpStream, peer: SocketAddr, seat: S) {
        let place = self.shares.take(network(peer.ip()));
        if place.is_none() && !is_trusted(peer.ip(), &self.ctx.config().trusted_proxies) {
            self.ctx.metrics().shed();
            return;
        }
        let (router, ctx, cut) = (self.router.clone(), self.ctx.clone(), self.cut.clone());
        self.ctx.spawn_loop(self.open.track_future(async move {
            tokio::select! {
                biased;
                ended = attend(stream, peer, router, &ctx) => if let Err(error) = ended {
                    // Clients that go away or talk nonsense are everyday.
                    tracing::debug!(%error, "a connection ended early");
                },
                () = cut.cancelled() => {}
            }
            drop((seat, place));
        }));
    }

    async fn drain(&self) {
        self.open.close();
        if timeout(GRACE, self.open.wait()).await.is_err() {
            tracing::warn!("requests were still under way and are cut off");
        }
        self.cut.cancel();
    }
}

/// Answers what comes on one connection, until its end or that of the program.
async fn attend(stream: TcpStream, peer: SocketAddr, router: Router, ctx: &Context) -> hyper::Result<()> {
    // Without it an answer's second half could wait for the acknowledgement of its first.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let asked = AtomicBool::new(false);
    let service = service_fn(|request: hyper::Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.clone().oneshot(request);
        async {
            let mut answer = answer.await?;
            if ctx.leaving().is_cancelled() {
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WAIT)
            .max_headers(HEADERS_MAX)
            .max_header_size(HEAD_BYTES_MAX)
            .max_buf_size(BUFFER_BYTES_MAX)
            .serve_connection(TokioIo::new(Stalling::new(stream)), service)
    );
    tokio::select! {
        biased;
        ended = &mut connection => return ended,
        () = ctx.stopping().cancelled() => {}
    }
    // hyper ends it at once where nothing is under way. Where nobody has asked yet, a request is coming.
    if asked.load(Ordering::Relaxed) {
        connection.as_mut().graceful_shutdown();
    }
    connection.await
}

/// True where only this one client is concerned, so that the next can be accepted at once.
fn is_of_the_client(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}
