//! Serves a router over HTTP/1 in a way that slow, greedy or silent clients cannot hold up.
//!
//! `axum::serve` has no deadline for a request's head and no bound on connections, so this goes through hyper
//! itself. When the program stops, nothing new is accepted, idle connections close at once, and requests under
//! way get [`GRACE`] before they are cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::stall::Stalling;
use crate::context::Context;

/// How long a client may take to send a request's head; also how long an idle connection is kept.
const HEAD_WAIT: Duration = Duration::from_secs(10);
/// Headers of a request. Browsers send about twenty.
const HEADERS_MAX: usize = 100;
/// Bytes of a request's head. Above [`crate::web::admission`]'s bound on addresses, which answers more kindly.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Bytes that one connection may buffer.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// What requests under way get when the program stops.
pub const GRACE: Duration = Duration::from_millis(1500);
/// How long accepting rests when the machine has no file handles left.
const ACCEPT_REST: Duration = Duration::from_millis(200);

/// Serves until [`Context::stopping`] is cancelled, then drains. Handlers find the peer in
/// `ConnectInfo<SocketAddr>`.
pub async fn serve(listener: TcpListener, router: Router, ctx: Context) {
    let seats = Arc::new(Semaphore::new(ctx.config().clients_max));
    let graceful = GracefulShutdown::new();
    let cut = CancellationToken::new();
    loop {
        // A seat first: clients beyond the limit wait in the kernel's queue, which is bounded.
        let accepted = async {
            let seat = seats.clone().acquire_owned().await.ok();
            (seat, listener.accept().await)
        };
        let (seat, accepted) = tokio::select! {
            biased;
            () = ctx.stopping().cancelled() => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = graceful.watch(connect(stream, peer, router.clone()));
                let cut = cut.clone();
                ctx.spawn_loop(async move {
                    tokio::select! {
                        biased;
                        ended = connection => if let Err(error) = ended {
                            // Clients that go away or talk nonsense are everyday.
                            tracing::debug!(%error, "a connection ended early");
                        },
                        () = cut.cancelled() => {}
                    }
                    drop(seat);
                });
            }
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections for a moment");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way and are cut off");
    }
    cut.cancel();
}

/// The connection, ready to be driven.
fn connect(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) -> impl GracefulConnection<Error = hyper::Error> + Send + 'static {
    // Without it an answer's second half could wait for the acknowledgement of its first.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT)
        .max_headers(HEADERS_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(BUFFER_BYTES_MAX)
        .serve_connection(TokioIo::new(Stalling::new(stream)), service)
}

/// True where only this one client is concerned, so that the next can be accepted at once.
fn is_of_the_client(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}
