//! A RabbitMQ of one's own, for tests and for `pancake chaos`: a child process on free ports, with a data folder of its
//! own, that ends with the process that started it.

use std::env;
use std::fs::{self, DirBuilder};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use lapin::{Connection, ConnectionProperties};
use rustix::process::{Pid, Signal, kill_process};
use socket2::{Domain, Socket, Type};
use tokio::process::{Child, Command};
use tokio::time::timeout;

const GUARD: &str = include_str!("broker.sh");
/// Somebody else may take a port between finding it and starting on it: then the broker gets others, so many times in all.
const STARTS_MAX: u32 = 3;
/// Erlang is slow to start where others want the processor too.
const START_MAX: Duration = Duration::from_mins(2);
/// One attempt to connect.
const ANSWER_MAX: Duration = Duration::from_secs(5);
const END_MAX: Duration = Duration::from_secs(30);
const COMMAND_MAX: Duration = Duration::from_mins(1);
const TURN: Duration = Duration::from_millis(50);
/// Log lines that are shown after a failure.
const SAID_LINES_MAX: usize = 30;
/// One write-ahead log serves all queues; the default of 512 MB would be the size of the folder, too.
const SETTINGS: &str = "loopback_users = none\nraft.wal_max_size_bytes = 67108864\n";
/// For its own machine alone; and where others want the processor too, nobody turns round in circles waiting for work.
const ARGUMENTS: &str = "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none";
/// What a missing server says.
const MISSING: &str = "RabbitMQ is not installed (Debian, Ubuntu: sudo apt-get install rabbitmq-server; elsewhere set \
     PANCAKE_RABBITMQ_BIN to the folder that holds rabbitmq-server and rabbitmqctl)";

/// Why there is no broker.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    #[error("{MISSING}")]
    NoPrograms,
    #[error("Cannot {doing} {}: {source}", path.display())]
    File { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("The broker {what}. It said last:\n{said}")]
    NotReady { what: String, said: String },
    #[error("`rabbitmqctl {words}` failed: {said}")]
    Command { words: String, said: String },
}

/// A broker that answers. Dropped, it ends.
pub struct PrivateBroker {
    programs: PathBuf,
    folder: PathBuf,
    /// For clients, between Erlang nodes, and of epmd. The same after each start.
    ports: [u16; 3],
    guard: Option<Child>,
}

impl PrivateBroker {
    /// Whether this machine has RabbitMQ.
    pub fn is_installed() -> bool {
        programs().is_some()
    }

    /// Makes the folder, which must not be there, and starts a broker in it.
    ///
    /// # Errors
    /// If the folder is there already, or RabbitMQ is not installed or does not start.
    pub async fn start(folder: &Path) -> Result<Self, BrokerError> {
        let programs = programs().ok_or(BrokerError::NoPrograms)?;
        let file = |doing, source| BrokerError::File { doing, path: folder.to_path_buf(), source };
        DirBuilder::new().mode(0o700).recursive(true).create(folder).map_err(|error| file("make", error))?;
        fs::write(folder.join("plugins"), "[].\n").map_err(|error| file("write in", error))?;
        fs::write(folder.join("rabbitmq.conf"), SETTINGS).map_err(|error| file("write in", error))?;
        let ports = free_ports().map_err(|error| file("find ports for", error))?;
        let mut broker = Self { programs, folder: folder.to_path_buf(), ports, guard: None };
        for _ in 1..STARTS_MAX {
            match broker.again().await {
                Err(BrokerError::NotReady { said, .. })
                    if said.contains("port_already_used") || said.contains("eaddrinuse") =>
                {
                    broker.ports = free_ports().map_err(|error| file("find ports for", error))?;
                }
                other => return other.map(|()| broker),
            }
        }
        broker.again().await?;
        Ok(broker)
    }

    /// Where clients find it, before and after each start.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@{}/%2f", self.address())
    }

    /// Where it listens for clients.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.ports[0]))
    }

    /// Starts it, after it was stopped or killed, on what it has written.
    ///
    /// # Errors
    /// If RabbitMQ does not start.
    pub async fn again(&mut self) -> Result<(), BrokerError> {
        let mut command = self.command("/bin/sh");
        command.args(["-c", GUARD, "pancake-broker"]).arg(&self.programs).arg(self.pid_file());
        // The guard keeps its own end; the terminal's Ctrl-C is for this process.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let guard = command.spawn().map_err(|source| self.fault("start", source))?;
        self.guard = Some(guard);
        if timeout(START_MAX, self.answers()).await.is_err() {
            return Err(self.not_ready(format!("did not answer within {} s", START_MAX.as_secs())));
        }
        if self.has_ended() {
            return Err(self.not_ready("ended".to_owned()));
        }
        Ok(())
    }

    /// Returns when it answers, or when it has ended.
    async fn answers(&mut self) {
        let url = self.url();
        while !self.has_ended() {
            // A connection that was taken while the broker starts may never be answered.
            let answer = Connection::connect(&url, ConnectionProperties::default());
            if let Ok(Ok(connection)) = timeout(ANSWER_MAX, answer).await {
                // It answered; how it takes the farewell does not matter.
                let _ = timeout(ANSWER_MAX, connection.close(200, "ready".into())).await;
                return;
            }
            tokio::time::sleep(TURN).await;
        }
    }

    fn has_ended(&mut self) -> bool {
        self.guard.as_mut().is_none_or(|guard| !matches!(guard.try_wait(), Ok(None)))
    }

    /// The folder may be gone when somebody reads this, so what the broker said last is part of it.
    fn not_ready(&self, what: String) -> BrokerError {
        let log = fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let said = lines[lines.len().saturating_sub(SAID_LINES_MAX)..].join("\n");
        BrokerError::NotReady { what, said }
    }

    /// Stops it in order. What is durable stays.
    pub async fn stop(&mut self) {
        let Some(mut guard) = self.guard.take() else { return };
        drop(guard.stdin.take());
        if timeout(END_MAX, guard.wait()).await.is_err() {
            let _ = guard.kill().await;
        }
    }

    /// Ends it as a power cut does.
    pub async fn kill(&mut self) {
        let Some(mut guard) = self.guard.take() else { return };
        self.signal(Signal::KILL);
        if timeout(END_MAX, guard.wait()).await.is_err() {
            let _ = guard.kill().await;
        }
    }

    /// Runs `rabbitmqctl`, and returns what it says.
    ///
    /// # Errors
    /// If `rabbitmqctl` fails: the error has what it said.
    pub async fn control(&self, words: &[&str]) -> Result<String, BrokerError> {
        let failed = |said: String| BrokerError::Command { words: words.join(" "), said };
        let mut command = self.command(self.programs.join("rabbitmqctl"));
        let output = command.arg("--quiet").args(words).stdin(Stdio::null()).kill_on_drop(true).output();
        let output = timeout(COMMAND_MAX, output)
            .await
            .map_err(|_| failed(format!("it took more than {} s", COMMAND_MAX.as_secs())))?
            .map_err(|source| failed(source.to_string()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }

    fn signal(&self, signal: Signal) {
        let pid = fs::read_to_string(self.pid_file()).ok().and_then(|text| text.trim().parse().ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process(pid, signal);
        }
    }

    fn pid_file(&self) -> PathBuf {
        self.folder.join("server.pid")
    }

    /// A program that takes this broker for the only one of the machine.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let [clients, nodes, epmd] = self.ports.map(|port| port.to_string());
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("RABBITMQ_") {
                command.env_remove(name);
            }
        }
        command
            .env("HOME", &self.folder)
            .env("RABBITMQ_NODENAME", "pancake@localhost")
            .env("RABBITMQ_MNESIA_BASE", self.folder.join("data"))
            .env("RABBITMQ_LOG_BASE", self.folder.join("log"))
            .env("RABBITMQ_CONFIG_FILE", self.folder.join("rabbitmq.conf"))
            .env("RABBITMQ_CONF_ENV_FILE", self.folder.join("no-environment"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", self.folder.join("plugins"))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", clients)
            .env("RABBITMQ_DIST_PORT", nodes)
            .env("ERL_EPMD_PORT", epmd)
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", ARGUMENTS)
            // Without this the script stays between us and the server, and waits.
            .env("RUNNING_UNDER_SYSTEMD", "true")
            .current_dir("/");
        command
    }

    fn fault(&self, doing: &'static str, source: io::Error) -> BrokerError {
        BrokerError::File { doing, path: self.programs.join("rabbitmq-server"), source }
    }
}

/// Ports that nobody has at this moment.
fn free_ports() -> io::Result<[u16; 3]> {
    let [clients, nodes, epmd] = [free_port()?, free_port()?, free_port()?];
    let port = |socket: &Socket| -> io::Result<u16> {
        Ok(socket.local_addr()?.as_socket().map_or(0, |address| address.port()))
    };
    Ok([port(&clients)?, port(&nodes)?, port(&epmd)?])
}

/// Holds a port that nobody has used for a minute: RabbitMQ binds without SO_REUSEADDR, so a port in TIME_WAIT would make it end.
fn free_port() -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    Ok(socket)
}

/// The folder of `rabbitmq-server` and `rabbitmqctl`; scripts/rabbitmq.sh keeps the same list. Debian's in /usr/sbin are
/// for the one broker of the whole machine.
fn programs() -> Option<PathBuf> {
    let whole = |folder: &PathBuf| {
        ["rabbitmq-server", "rabbitmqctl"].iter().all(|program| folder.join(program).is_file())
    };
    if let Some(folder) = env::var_os("PANCAKE_RABBITMQ_BIN") {
        return Some(PathBuf::from(folder)).filter(whole);
    }
    let folders = [
        "/usr/lib/rabbitmq/bin",
        "/opt/homebrew/opt/rabbitmq/sbin",
        "/usr/local/opt/rabbitmq/sbin",
        "/opt/rabbitmq/sbin",
    ];
    folders.into_iter().map(PathBuf::from).find(whole)
}
