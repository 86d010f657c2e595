//! A real nginx on a free port with a certificate of its own, and curl to ask through it. Both end with their test.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::AsyncReadExt;
use tokio::process::{Child as AsyncChild, ChildStdout, Command as AsyncCommand};
use tokio::time::timeout;

use crate::site::ended;
use crate::town::Person;
use crate::wait;

const NAME: &str = "pancake.example";
/// Less than the 25 seconds between two heartbeats: those would push out what a proxy has held back.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// What surrounds the site's file in a whole nginx. Relative paths are below the test's folder.
const AROUND: &str = "
daemon off;
pid pid;
error_log error.log;
events { worker_connections 2048; }
http {
    access_log off;
    gzip on;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include site.conf;
}
";

/// What the client speaks with the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

/// The proxy.
pub(crate) struct Nginx {
    child: Child,
    folder: PathBuf,
    port: String,
    plain: String,
}

impl Nginx {
    /// Starts it in front of nodes on these ports, and waits until it listens.
    pub(crate) async fn start(folder: &Path, nodes: &[String]) -> Self {
        Self::start_with(folder, nodes, "").await
    }

    /// The same, and it passes a body on while it is still coming.
    pub(crate) async fn start_passing(folder: &Path, nodes: &[String]) -> Self {
        Self::start_with(folder, nodes, "proxy_request_buffering off;\n").await
    }

    async fn start_with(folder: &Path, nodes: &[String], more: &str) -> Self {
        let (port, plain) = (free_port(), free_port());
        fs::create_dir_all(folder).unwrap();
        certify(folder);
        let site = filled_in(folder, [&port, &plain], nodes);
        fs::write(folder.join("site.conf"), format!("{more}{site}")).unwrap();
        fs::write(folder.join("nginx.conf"), AROUND).unwrap();
        let mut command = program("nginx");
        command.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf"));
        command.arg("-e").arg(folder.join("error.log"));
        let mut nginx = Self { child: spawn(&mut command), folder: folder.to_owned(), port, plain };
        wait::until("nginx listens", async || {
            if let Some(status) = nginx.child.try_wait().unwrap() {
                panic!("nginx: {status}: {}", fs::read_to_string(folder.join("error.log")).unwrap());
            }
            TcpStream::connect(format!("127.0.0.1:{}", nginx.port)).is_ok()
        })
        .await;
        nginx
    }

    /// The site's address as members type it.
    pub(crate) fn url(&self) -> String {
        format!("https://{NAME}:{}", self.port)
    }

    /// Where it takes requests without TLS, for clients that have none.
    pub(crate) fn plain(&self) -> String {
        format!("127.0.0.1:{}", self.plain)
    }

    /// Asks through the proxy, with the headers of the answer before its body.
    pub(crate) fn curl(&self, version: Version, by: &Person, path: &str, more: &[&str]) -> Curl {
        let mut command = AsyncCommand::from(program("curl"));
        // Not what the developer has configured, and no proxy of hers.
        command.args(["-q", "--noproxy", "*", "--silent", "--show-error", "--no-buffer", "--include"]);
        command.arg(if version == Version::One { "--http1.1" } else { "--http2" });
        command.arg("--cacert").arg(self.folder.join("cert.pem"));
        command.arg("--resolve").arg(format!("{NAME}:{}:127.0.0.1", self.port));
        command.arg("-H").arg(format!("Authorization: Bearer {}", by.token));
        command.args(more).arg(format!("{}{path}", self.url()));
        command.kill_on_drop(true).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| missing(command.as_std(), &error));
        let out = child.stdout.take().unwrap();
        Curl { child, out, version, heard: String::new() }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Not a kill: the first process has to end its workers.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        ended(&mut self.child);
    }
}

/// An answer that is coming in.
pub(crate) struct Curl {
    child: AsyncChild,
    out: ChildStdout,
    version: Version,
    heard: String,
}

impl Curl {
    pub(crate) fn heard(&self) -> &str {
        &self.heard
    }

    /// Reads until that has arrived.
    pub(crate) async fn hears(&mut self, what: &str) {
        let reading = async {
            while !self.heard.contains(what) {
                assert!(self.read().await, "{:?} ended before {what:?}: {}", self.version, self.heard);
            }
        };
        let read = timeout(WAIT_MAX, reading).await;
        assert!(read.is_ok(), "{:?}: no {what:?} within {WAIT_MAX:?}, but: {:?}", self.version, self.heard);
    }

    /// Reads to the end, which has to be a good one, in the HTTP version that was asked for.
    pub(crate) async fn end(mut self) -> String {
        let status = self.rest().await;
        assert!(status.success(), "{:?}: curl: {status}: {:?}", self.version, self.heard);
        let begins = if self.version == Version::One { "HTTP/1.1 " } else { "HTTP/2 " };
        assert!(self.heard.starts_with(begins), "not {:?}: {}", self.version, self.heard);
        self.heard
    }

    /// Reads on until it breaks.
    pub(crate) async fn breaks(mut self) {
        let status = self.rest().await;
        assert!(!status.success(), "{:?}: it looks like an end: {:?}", self.version, self.heard);
    }

    /// Reads what is left, and says how it went.
    async fn rest(&mut self) -> ExitStatus {
        let read = timeout(WAIT_MAX, async { while self.read().await {} }).await;
        assert!(read.is_ok(), "{:?} did not end within {WAIT_MAX:?}: {:?}", self.version, self.heard);
        timeout(WAIT_MAX, self.child.wait()).await.unwrap().unwrap()
    }

    /// False at the end.
    async fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let count = self.out.read(&mut bytes).await.unwrap();
        // All that this site answers here is ASCII.
        self.heard.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        count > 0
    }
}

/// A certificate that only this test believes.
fn certify(folder: &Path) {
    let mut command = program("openssl");
    command.args(["req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "2", "-subj"]);
    command.arg(format!("/CN={NAME}")).arg("-addext").arg(format!("subjectAltName=DNS:{NAME}"));
    command.arg("-keyout").arg(folder.join("key.pem")).arg("-out").arg(folder.join("cert.pem"));
    let log = fs::File::create(folder.join("openssl.log")).unwrap();
    let status = ended(&mut spawn(command.stderr(log)));
    assert!(status.success(), "openssl: {status}: {}", folder.join("openssl.log").display());
}

/// A port that nobody has now: the proxy has to know where the site is, and the site what it is called, before either
/// starts.
pub(crate) fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

/// The operators' file with the test's values.
fn filled_in(folder: &Path, [port, plain]: [&str; 2], nodes: &[String]) -> String {
    let mut text = include_str!("../../docs/nginx.conf").to_owned();
    let node = |port: &str| format!("    server 127.0.0.1:{port} max_fails=0;\n");
    let examples: String = ["8080", "8081", "8082"].map(node).concat();
    let below = |name: &str| folder.join(name).display().to_string();
    for (example, value) in [
        ("listen 443 ", format!("listen 127.0.0.1:{plain}; listen 127.0.0.1:{port} ")),
        ("server_name example.org;", format!("server_name {NAME};")),
        ("/etc/ssl/example.org.pem", below("cert.pem")),
        ("/etc/ssl/example.org.key", below("key.pem")),
        (&examples, nodes.iter().map(|port| node(port)).collect()),
    ] {
        assert_eq!(text.matches(example).count(), 1, "{example} in docs/nginx.conf");
        text = text.replace(example, &value);
    }
    text
}

/// A program of this machine. Debian keeps servers where only root looks.
fn program(name: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(name);
    command.env("PATH", format!("{path}:/usr/sbin:/usr/local/sbin")).stdin(Stdio::null());
    command
}

fn spawn(command: &mut Command) -> Child {
    command.spawn().unwrap_or_else(|error| missing(command, &error))
}

fn missing(command: &Command, error: &io::Error) -> ! {
    let name = command.get_program().display();
    assert!(
        error.kind() != ErrorKind::NotFound,
        "The proxy test needs {name}, and it is not installed: install the package {name}, or run scripts/setup.sh test."
    );
    panic!("{name}: {error}");
}
