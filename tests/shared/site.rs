//! The program itself, as a process that ends with its test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Pid;

/// What a client of a stopping site may still need, and some for a busy machine.
const END_MAX: Duration = Duration::from_secs(20);

/// What `DATABASE_URL` says of a database on this server.
pub(crate) fn url(
    options: &sqlx::postgres::PgConnectOptions,
    user: &str,
    password: &str,
    database: &str,
) -> String {
    let socket = options.get_socket().unwrap().display();
    format!("postgres://{user}:{password}@localhost/{database}?host={socket}")
}

/// The program, serving on a free port. It ends with this value.
pub(crate) struct Site {
    child: Child,
    address: String,
}

impl Site {
    /// Starts it, and waits until it serves.
    pub(crate) fn start(data: &Path, environment: &[(&str, &str)]) -> Self {
        let mut site = Self::launch(data, environment);
        let mut line = String::new();
        BufReader::new(site.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "it did not start: {}", site.ended());
        let listen = environment.iter().find(|(name, _)| *name == "LISTEN").map(|(_, address)| *address);
        let address = listen.or_else(|| line.trim().strip_prefix("HappyPancake is at http://"));
        assert!(line.starts_with("HappyPancake is at"), "it did not start: {line:?}");
        address.unwrap_or_else(|| panic!("it did not start: {line:?}")).clone_into(&mut site.address);
        site
    }

    /// Starts it. Where it serves is not known yet.
    pub(crate) fn launch(data: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = command();
        command.arg("--data").arg(data).envs(environment.iter().copied());
        Self { child: command.stdout(Stdio::piped()).spawn().unwrap(), address: String::new() }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn get(&self, path: &str) -> String {
        get(&self.address, path)
    }

    pub(crate) fn ended(&mut self) -> ExitStatus {
        ended(&mut self.child)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The whole answer.
pub(crate) fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Without what the developer has configured. `PANCAKE_PROGRAM` names another build of it.
pub(crate) fn command() -> Command {
    let program = std::env::var_os("PANCAKE_PROGRAM").unwrap_or(env!("CARGO_BIN_EXE_pancake").into());
    let mut command = Command::new(program);
    for (name, _) in std::env::vars() {
        if name.starts_with("DATABASE_URL")
            || ["DATA", "CONNECTIONS", "PUBLIC_URL", "AMQP_URL", "AMQP_PREFIX", "FAIL_AT"]
                .contains(&name.as_str())
        {
            command.env_remove(name);
        }
    }
    command.env("LISTEN", "127.0.0.1:0").env("LOG", "error");
    command
}

pub(crate) fn ended(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if begun.elapsed() > END_MAX {
            let _ = child.kill();
            let _ = child.wait();
            panic!("it did not end within {END_MAX:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
