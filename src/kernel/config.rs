//! Configuration: flags, or the environment, or defaults that work on a laptop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::store::Lifetime;

/// Where data lives. Shared by every command that opens the database.
#[derive(Debug, Clone, Args)]
pub struct StoreConfig {
    /// Folder of the private Postgres, used where no DATABASE_URL is given
    #[arg(long, env = "DATA", default_value = ".pancake")]
    pub data: PathBuf,
    /// Postgres to use instead of the private one: postgres://user:password@host/database.
    /// DATABASE_URL_CHAT puts the module chat on another database, and so on
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Connections to Postgres, all modules together
    #[arg(long, env = "CONNECTIONS", default_value_t = 90)]
    pub connections: u16,
    /// Commands do not stay.
    #[arg(skip)]
    pub stay: Lifetime,
}

impl StoreConfig {
    /// For what opens no database.
    pub fn none() -> Self {
        Self { data: PathBuf::new(), database_url: None, connections: 0, stay: Lifetime::Long }
    }

    /// For tests, which bring their own database.
    pub fn for_tests(connections: u16) -> Self {
        Self { data: PathBuf::new(), database_url: None, connections, stay: Lifetime::Long }
    }
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Everything that `pancake serve` can be told.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Address to serve on
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address of the Prometheus metrics; without it they are not served
    #[arg(long, env = "METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// The site's address as members type it, by default that of --listen. Anything but https is for
    /// 127.0.0.1 and localhost only
    #[arg(long, env = "PUBLIC_URL")]
    pub public_url: Option<String>,
    #[command(flatten)]
    pub store: StoreConfig,
    /// Folder of the members' photos, by default `photos` in the data folder. Several nodes share one
    #[arg(long, env = "PHOTOS")]
    pub photos: Option<PathBuf>,
    /// Log lines as text or JSON
    #[arg(long, env = "LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// Which log lines: error, warn, info, debug, or a tracing filter
    #[arg(long, env = "LOG", default_value = "info")]
    pub log: String,
    /// Origins of other sites' front ends that may call the API from a browser, separated by commas
    #[arg(long, env = "CORS_ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<String>,
    /// Addresses of proxies whose X-Forwarded-For is believed, separated by commas
    #[arg(long, env = "TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Tells browsers that subdomains of the public URL speak https only, too
    #[arg(long, env = "HSTS_SUBDOMAINS")]
    pub hsts_subdomains: bool,
    /// Multiplies every rate limit
    #[arg(long, env = "LIMITS_FACTOR", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub limits_factor: u32,
    /// Client connections open at once
    #[arg(long, env = "CLIENTS_MAX", default_value_t = 20_000)]
    pub clients_max: usize,
    /// Requests under way at once; more are answered 503
    #[arg(long, env = "REQUESTS_MAX", default_value_t = 512)]
    pub requests_max: usize,
    /// Live streams and long polls open at once; more are answered 503
    #[arg(long, env = "STREAMS_MAX", default_value_t = 15_000)]
    pub streams_max: usize,
    /// Seconds that a long poll waits at most, for proxies that are less patient
    #[arg(long, env = "POLL_SECONDS_MAX", default_value_t = 25, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub poll_seconds_max: u64,
    /// RabbitMQ that carries events between nodes: amqp://user:password@host:5672/%2f, or amqps:// (with
    /// `?cacertfile=…` for a CA of one's own). Without it there is one node, or several that read each other's journals
    #[arg(long, env = "AMQP_URL", hide_env_values = true)]
    pub amqp_url: Option<String>,
    /// What everything of this site's on the broker is named by
    #[arg(long, env = "AMQP_PREFIX", default_value = "pancake")]
    pub amqp_prefix: String,
    /// Days after which an unused login ends
    #[arg(long, env = "SESSION_IDLE_DAYS", default_value_t = 14)]
    pub session_idle_days: u16,
    /// Days after which every login ends
    #[arg(long, env = "SESSION_DAYS", default_value_t = 90)]
    pub session_days: u16,
    /// Milliseconds between looks at the journals; what the bus loses waits this long
    #[arg(long, env = "POLL_MS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub poll_ms: u64,
    /// From one reading of what many members share to the next, for those who wait for news
    #[arg(skip = Duration::from_secs(1))]
    pub shared_pace: Duration,
    /// The step of an event's path after which the process dies, for tests: sequenced:flirt-sent
    #[cfg(debug_assertions)]
    #[arg(long, env = "FAIL_AT", hide = true)]
    pub fail_at: Option<crate::kernel::fault_injection::FailPoint>,
}

impl Config {
    /// What the environment and the defaults say, for commands that serve nothing.
    pub fn for_tools(store: StoreConfig) -> Self {
        #[derive(clap::Parser)]
        struct Only {
            #[command(flatten)]
            config: Config,
        }
        let Only { config } = clap::Parser::parse_from(["pancake"]);
        Self { store, ..config }
    }

    /// The site's own origin, without a slash at the end.
    pub fn origin(&self) -> String {
        let url = self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen));
        url.trim_end_matches('/').to_owned()
    }

    /// Where the members' photos are.
    pub fn photos(&self) -> PathBuf {
        self.photos.clone().unwrap_or_else(|| self.store.data.join("photos"))
    }

    /// True where cookies must be `Secure` and named `__Host-`.
    pub fn is_https(&self) -> bool {
        self.origin().starts_with("https://")
    }

    /// How often the journals are looked at.
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }
}
