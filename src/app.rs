//! The program from its start to its end: what is opened in which order, and closed again within three seconds.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{join_all, pending};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::bus::rabbit::AddressError;
use crate::bus::{self, BusError};
use crate::kernel::config::Config;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::logs::{self, LogError};
use crate::modules;
use crate::shared::passwords::Passwords;
use crate::store::{self, PrivatePostgres, Store, StoreError};
use crate::web::open_files::{self, TooFewFiles};
use crate::web::origin::Origin;
use crate::web::serve::serve as serve_http;
use crate::web::{health, router};

/// From the signal to the end of the process. On a machine with other work it takes up to a second more: what is promised is three.
const END_MAX: Duration = Duration::from_millis(1900);
/// Of that, how long the door stays open after SIGTERM, so that whoever asks for our health learns of the end before
/// connections are refused.
const LEAVE: Duration = Duration::from_millis(300);
/// Of that, what the private Postgres gets to close its files.
const POSTGRES_MAX: Duration = Duration::from_millis(250);

/// Why the program does not start, or ends by itself, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "Port {} is taken (by another pancake?). Stop it, or choose another: {way} {}",
        address.port(), beside(*address)
    )]
    PortTaken { address: SocketAddr, way: &'static str },
    #[error("This machine has no address {}. Choose another: {way} 127.0.0.1:{}", address.ip(), address.port())]
    NoSuchAddress { address: SocketAddr, way: &'static str },
    #[error("Port {} is for administrators only. Choose one above 1023: {way} 127.0.0.1:8080", address.port())]
    PortNotPermitted { address: SocketAddr, way: &'static str },
    #[error("Cannot listen on {address}: {source}. Choose another: {way} 127.0.0.1:8080")]
    NotListening { address: SocketAddr, way: &'static str, source: io::Error },
    #[error(
        "Without https, logins could be read on the way, so {0} is refused; plain http is for 127.0.0.1 and \
         localhost. Say how members reach the site: --public-url https://example.org"
    )]
    NotHttps(String),
    #[error("{what} has to be like https://example.org, without a path, and {text:?} is not.")]
    NoOrigin { what: &'static str, text: String },
    #[error("{0}")]
    Log(#[from] LogError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Bus(#[from] BusError),
    #[error("{0}")]
    Broker(#[from] AddressError),
    #[error("Passwords cannot be hashed: {0}")]
    Passwords(#[from] Failure),
    #[error("{0}")]
    Files(#[from] TooFewFiles),
    #[error("Cannot wait for signals: {0}")]
    Signals(io::Error),
}

/// The next port, as an example of another.
fn beside(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port().checked_add(1).unwrap_or(8081))
}

/// Serves the site until it is told to end.
///
/// # Errors
/// If the configuration, the database, the broker's address or the listening address does not allow a start.
pub async fn serve(mut config: Config) -> Result<(), StartError> {
    logs::start(config.log_format, &config.log)?;
    let mut ends = Ends::new().map_err(StartError::Signals)?;
    // First, since it fails most often and costs nothing.
    let listener = bind(config.listen, "--listen").await?;
    // Port 0 asks for any.
    config.listen = listener.local_addr().unwrap_or(config.listen);
    let metrics = match config.metrics_listen {
        Some(address) => Some(bind(address, "--metrics-listen").await?),
        None => None,
    };
    check(&config)?;
    config.clients_max = open_files::clients(config.clients_max, config.store.connections)?;
    let prepared = tokio::select! {
        prepared = prepare(config) => prepared?,
        // The private Postgres ends with this process.
        _ = ends.next() => return Ok(()),
    };
    let (ctx, mut private) = prepared;
    let mut servers = vec![serve_http(listener, router::router(&ctx), ctx.clone()).boxed()];
    if let Some(listener) = metrics {
        servers.push(serve_http(listener, health::metrics_router(&ctx), ctx.clone()).boxed());
    }
    announce(&ctx);
    let servers = ctx.spawn(join_all(servers));
    let (wish, outcome) = tokio::select! {
        wish = ends.next() => (wish, Ok(())),
        // Nobody is answered any more, so nobody is waited for.
        fault = lost(&mut private, &ctx) => (Wish::Interrupt, Err(fault.into())),
    };
    tokio::select! {
        () = end(&ctx, wish, servers, private) => {}
        // Whoever asks twice does not want to wait.
        _ = ends.next() => {}
    }
    outcome
}

/// Opens what the site stands on, and starts what runs beside the requests.
async fn prepare(config: Config) -> Result<(Context, Option<PrivatePostgres>), StartError> {
    let registry = modules::registry();
    let Store { units, private } = store::open(&config.store, &registry).await?;
    let bus = bus::open(&config, &registry).await?;
    let ctx = Context::assemble(config, Arc::new(registry), units, bus, Passwords::new()?);
    start(&ctx).await?;
    Ok((ctx, private))
}

/// Returns why the private Postgres cannot be kept running. Never returns where the site uses a server that it was given.
async fn lost(private: &mut Option<PrivatePostgres>, ctx: &Context) -> StoreError {
    match private {
        Some(postgres) => store::keep(postgres, ctx.private_postgres()).await,
        None => pending().await,
    }
}

/// Leaves, drains, closes and stops Postgres, all within [`END_MAX`].
async fn end(ctx: &Context, wish: Wish, servers: JoinHandle<Vec<()>>, private: Option<PrivatePostgres>) {
    let over = Instant::now() + END_MAX;
    tracing::info!("stopping");
    ctx.leaving().cancel();
    if wish == Wish::Terminate {
        tokio::time::sleep(LEAVE).await;
    }
    ctx.stopping().cancel();
    if let Err(fault) = servers.await {
        tracing::error!(%fault, "the servers did not end well");
    }
    ctx.stop(over.saturating_duration_since(Instant::now()).saturating_sub(POSTGRES_MAX)).await;
    let Some(private) = private else { return };
    match timeout_at(over, private.stop()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the private Postgres did not end well"),
        Err(_) => tracing::warn!("the private Postgres is still ending, which it does on its own"),
    }
}

/// Starts everything that runs beside the requests: relays, consumers, and the web's own.
///
/// # Errors
/// If the bus refuses a subscription.
pub async fn start(ctx: &Context) -> Result<(), BusError> {
    bus::start(ctx).await?;
    router::start(ctx);
    Ok(())
}

/// Tells whoever started it where to look.
fn announce(ctx: &Context) {
    let origin = ctx.config().origin();
    // Nobody may be reading, and that is no fault.
    let _ = writeln!(io::stdout(), "HappyPancake is at {origin}");
    tracing::info!(%origin, "ready");
}

/// Takes the port, or says what to do: `<way> <another address>`.
pub(crate) async fn bind(address: SocketAddr, way: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken { address, way },
        io::ErrorKind::AddrNotAvailable => StartError::NoSuchAddress { address, way },
        io::ErrorKind::PermissionDenied => StartError::PortNotPermitted { address, way },
        _ => StartError::NotListening { address, way, source },
    })
}

/// Refuses a configuration that would put members at risk.
fn check(config: &Config) -> Result<(), StartError> {
    let text = config.origin();
    let own = Origin::parse(&text)
        .ok_or_else(|| StartError::NoOrigin { what: "--public-url", text: text.clone() })?;
    if !own.is_https() && !own.is_loopback() {
        return Err(StartError::NotHttps(text));
    }
    match config.cors_origins.iter().find(|text| Origin::parse(text).is_none()) {
        Some(text) => Err(StartError::NoOrigin { what: "--cors-origins", text: text.clone() }),
        None => Ok(()),
    }
}

/// How somebody wishes the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Ctrl-C: she sits in front of it, and nobody else does.
    Interrupt,
    /// What service managers send: a proxy may be in front of it.
    Terminate,
}

/// The wishes to end.
pub(crate) struct Ends {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Ends {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    pub(crate) async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.interrupt.recv() => Wish::Interrupt,
            _ = self.terminate.recv() => Wish::Terminate,
            // The terminal is gone. There is nothing that could be read anew.
            _ = self.hangup.recv() => Wish::Terminate,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        config: Config,
    }

    fn refused(words: &[&str]) -> Option<String> {
        let only = Only::parse_from([&["pancake"], words].concat());
        check(&only.config).err().map(|error| error.to_string())
    }

    #[test]
    fn plain_http_is_for_laptops() {
        assert_eq!(refused(&[]), None);
        assert_eq!(refused(&["--listen", "[::1]:8080"]), None);
        assert_eq!(refused(&["--public-url", "http://localhost:8080/"]), None);
        assert_eq!(refused(&["--listen", "0.0.0.0:80", "--public-url", "https://example.org"]), None);
        assert!(refused(&["--listen", "0.0.0.0:80"]).is_some_and(|text| text.contains("--public-url")));
        assert!(refused(&["--public-url", "http://example.org"]).is_some());
    }

    #[test]
    fn origins_are_exact() {
        assert!(refused(&["--public-url", "example.org"]).is_some());
        assert!(refused(&["--public-url", "https://example.org/pancake"]).is_some());
        assert!(refused(&["--cors-origins", "*"]).is_some_and(|text| text.contains("--cors-origins")));
        assert_eq!(refused(&["--cors-origins", "https://a.example,https://b.example:8443"]), None);
    }

    #[test]
    fn a_taken_port_says_what_to_do() {
        let address = "127.0.0.1:8080".parse().unwrap();
        assert_eq!(
            StartError::PortTaken { address, way: "--listen" }.to_string(),
            "Port 8080 is taken (by another pancake?). Stop it, or choose another: \
             --listen 127.0.0.1:8081"
        );
    }
}
