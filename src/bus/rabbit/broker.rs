//! Where the broker is, and what things on it are called.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::runtime::default_runtime;
use lapin::tcp::OwnedTLSConfig;
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use tokio::time::timeout;
use uuid::Uuid;

/// Seconds after which a silent peer counts as gone, unless the address says otherwise.
const HEARTBEAT: u16 = 10;
/// From the first packet to the last word of the handshake, unless the address says otherwise. RabbitMQ gives up after as
/// long.
const CONNECT_MS_MAX: u64 = 10_000;
/// What a queue holds at most, if its module is away for long: then the oldest go, and the journal has them.
const QUEUE_MAX: i64 = 100_000;
/// Attempts are counted in Postgres. RabbitMQ 4 would drop an entry after 20 crashes of its consumers, innocent or not.
const DELIVERIES_MAX: i64 = 1_000_000_000;

/// Why an address is no broker's.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    #[error("AMQP_URL has to be like amqp://user:password@host:5672/%2f: {0}")]
    Malformed(String),
    #[error("AMQP_URL names {file:?} in cacertfile, and that cannot be read as certificates: {said}")]
    Ca { file: String, said: String },
    #[error("AMQP_URL names {0:?} in cacertfile, which only amqps:// looks at: begin it with amqps://")]
    CaWithoutTls(String),
    #[error(
        "The prefix of everything on the broker has letters, digits, - and _ only, 1 to 60, and {0:?} has not"
    )]
    Prefix(String),
}

/// The certificates that the address names, as RabbitMQ's own clients do: `?cacertfile=/etc/ssl/site-ca.pem`.
fn ca_of(url: &str, tls: bool) -> Result<Option<String>, AddressError> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let named = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "cacertfile");
    let Some(file) = named.map(|(_, file)| file.into_owned()) else { return Ok(None) };
    if !tls {
        return Err(AddressError::CaWithoutTls(file));
    }
    match std::fs::read_to_string(&file) {
        Ok(text) if text.contains("BEGIN CERTIFICATE") => Ok(Some(text)),
        Ok(_) => Err(AddressError::Ca { file, said: "it holds none".to_owned() }),
        Err(error) => Err(AddressError::Ca { file, said: error.to_string() }),
    }
}

/// What a broker has taken and brought, since the start.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) published: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) foreign: AtomicU64,
}

/// The address of a broker, and the names of exchanges and queues on it.
pub(super) struct Broker {
    uri: AMQPUri,
    /// Certificates that are believed beside the system's, in PEM.
    ca: Option<String>,
    prefix: String,
    /// This process, among those who signal.
    pub(super) node: Uuid,
    pub(super) modules: Vec<&'static str>,
}

impl Broker {
    pub(super) fn of(url: &str, prefix: &str, modules: Vec<&'static str>) -> Result<Self, AddressError> {
        let mut uri: AMQPUri = url.parse().map_err(AddressError::Malformed)?;
        let ca = ca_of(url, uri.scheme == AMQPScheme::AMQPS)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !(1..=60).contains(&prefix.len()) || !prefix.chars().all(plain) {
            return Err(AddressError::Prefix(prefix.to_owned()));
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        Ok(Self { uri, ca, prefix: prefix.to_owned(), node: Uuid::from_u128(rand::random()), modules })
    }

    /// The account that publishes. The broker does not let anybody use another's name.
    pub(super) fn user(&self) -> &str {
        &self.uri.authority.userinfo.username
    }

    pub(super) fn events(&self) -> String {
        format!("{}.events", self.prefix)
    }

    pub(super) fn signals(&self) -> String {
        format!("{}.signals", self.prefix)
    }

    pub(super) fn queue(&self, consumer: &str) -> String {
        format!("{}.{consumer}", self.prefix)
    }

    /// Errors: why there is no connection, in words.
    pub(super) async fn connect(&self, purpose: &str) -> Result<Connection, String> {
        let name = format!("{} {} {purpose}", self.prefix, self.node);
        let properties = ConnectionProperties::default().with_connection_name(LongString::from(name));
        // lapin waits for ever for a broker that ends in the middle of the handshake; its own limit is for TCP alone.
        let wait = Duration::from_millis(self.uri.query.connection_timeout.unwrap_or(CONNECT_MS_MAX));
        let runtime = default_runtime().map_err(|error| error.to_string())?;
        let tls = OwnedTLSConfig { cert_chain: self.ca.clone(), ..OwnedTLSConfig::default() };
        let connecting = Connection::connect_uri_with_config(self.uri.clone(), properties, tls, runtime);
        match timeout(wait, connecting).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {wait:?}")),
        }
    }

    /// The exchange that takes every event.
    pub(super) async fn declare_events(&self, channel: &Channel) -> lapin::Result<()> {
        let (options, none) = (durable_exchange(), FieldTable::default());
        channel.exchange_declare(self.events().into(), ExchangeKind::Topic, options, none).await
    }

    /// The exchange that tells all nodes. Who publishes to nobody loses nothing.
    pub(super) async fn declare_signals(&self, channel: &Channel) -> lapin::Result<()> {
        let (options, none) = (durable_exchange(), FieldTable::default());
        channel.exchange_declare(self.signals().into(), ExchangeKind::Fanout, options, none).await
    }

    /// A consumer's queue, with all that its sources publish. Every argument is said, so that versions of RabbitMQ with
    /// other defaults do the same.
    pub(super) async fn declare_queue(
        &self,
        channel: &Channel,
        consumer: &str,
        sources: &[&'static str],
    ) -> lapin::Result<()> {
        let mut arguments = FieldTable::default();
        let text = |value: &str| AMQPValue::LongString(LongString::from(value.to_owned()));
        arguments.insert("x-queue-type".into(), text("quorum"));
        arguments.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
        arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(QUEUE_MAX));
        arguments.insert("x-overflow".into(), text("drop-head"));
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DELIVERIES_MAX));
        let options = QueueDeclareOptions {
            passive: false,
            durable: true,
            exclusive: false,
            auto_delete: false,
            nowait: false,
        };
        let queue = self.queue(consumer);
        channel.queue_declare(queue.clone().into(), options, arguments).await?;
        for source in sources {
            let (key, none) = (format!("{source}.#"), FieldTable::default());
            let (exchange, options) = (self.events().into(), QueueBindOptions::default());
            channel.queue_bind(queue.clone().into(), exchange, key.into(), options, none).await?;
        }
        Ok(())
    }

    /// A queue for the signals to this node, which goes with its connection.
    pub(super) async fn declare_ear(&self, channel: &Channel) -> lapin::Result<String> {
        let options = QueueDeclareOptions {
            passive: false,
            durable: false,
            exclusive: true,
            auto_delete: true,
            nowait: false,
        };
        let name = format!("{}.signals.{}", self.prefix, self.node);
        let mut arguments = FieldTable::default();
        let text = |value: &str| AMQPValue::LongString(LongString::from(value.to_owned()));
        arguments.insert("x-queue-type".into(), text("classic"));
        arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(QUEUE_MAX));
        arguments.insert("x-overflow".into(), text("drop-head"));
        channel.queue_declare(name.clone().into(), options, arguments).await?;
        let (options, none) = (QueueBindOptions::default(), FieldTable::default());
        channel.queue_bind(name.clone().into(), self.signals().into(), "".into(), options, none).await?;
        Ok(name)
    }
}

fn durable_exchange() -> ExchangeDeclareOptions {
    ExchangeDeclareOptions {
        passive: false,
        durable: true,
        auto_delete: false,
        internal: false,
        nowait: false,
    }
}
