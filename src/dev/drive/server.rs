//! A server of one's own, for one drive: a child process on a free port, with a data folder that goes with it.
//!
//! The rule: no server stays behind. The child is a shell that waits on a pipe which only this process holds
//! open, so the server ends also where this one is killed. (Then, and only then, the folder stays.)

use std::ffi::OsString;
use std::fs::{DirBuilder, File};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use clap::CommandFactory;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::client::Api;
use super::process;
use crate::cli::Cli;
use crate::store::{self, StoreError};

/// Runs "$@" until it ends or standard input does.
const GUARD: &str = include_str!("guard.sh");
/// To make a cluster and start on it, on a slow disk.
const START_MAX: Duration = Duration::from_mins(2);
/// The site takes three seconds, its Postgres at worst some more.
const END_MAX: Duration = Duration::from_secs(25);
const COMMAND_MAX: Duration = Duration::from_mins(1);
/// The site says where it is in one line.
const LINE_BYTES_MAX: u64 = 1000;
/// A drive is one client that does what thousands do in weeks.
const LIMITS_FACTOR: u32 = 100_000;
/// Log lines that are shown after a failure.
const SAID_LINES_MAX: usize = 20;
const SAYS: &str = "HappyPancake is at ";

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("Cannot {doing} {}: {source}", path.display())]
    File { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("The server for this did not get ready within {seconds} s. Start one by hand to see why: ./r up")]
    NotReady { seconds: u64 },
    #[error("The server for this did not start. Start one by hand to see why: ./r up")]
    NotStarted,
    #[error("`pancake {words}` failed: {said}")]
    Command { words: String, said: String },
    #[error("The data could not be removed: {0}")]
    Store(#[from] StoreError),
}

/// A server, its folder, and the way to talk to it.
pub(crate) struct Server {
    folder: PathBuf,
    program: PathBuf,
    /// Of `serve`, beside those that every drive needs.
    options: Vec<String>,
    child: Option<Child>,
    origin: String,
}

impl Server {
    /// Makes the folder; nothing runs yet.
    pub(crate) fn prepare(options: Vec<String>) -> Result<Self, ServerError> {
        let program = std::env::current_exe().map_err(|source| ServerError::File {
            doing: "find",
            path: "this program".into(),
            source,
        })?;
        let folder = std::env::temp_dir().join(format!("pancake-drive-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&folder).map_err(|source| ServerError::File {
            doing: "make",
            path: folder.clone(),
            source,
        })?;
        Ok(Self { folder, program, options, child: None, origin: String::new() })
    }

    /// Starts, and waits until it is ready.
    pub(crate) async fn start(&mut self) -> Result<(), ServerError> {
        let log = File::options().create(true).append(true).open(self.log());
        let log = log.map_err(|source| self.fault("write", source))?;
        let mut command = self.command("/bin/sh", &["-c", GUARD, "pancake-drive"]);
        command.arg(&self.program).args(["serve", "--listen", "127.0.0.1:0", "--log", "warn"]);
        command.arg("--limits-factor").arg(LIMITS_FACTOR.to_string()).arg("--data").arg(self.data());
        command.args(&self.options);
        // The terminal's Ctrl-C is for this process, which then ends the site in order.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let child = command.spawn().map_err(|source| self.fault("start a server beside", source))?;
        let stdout = self.child.insert(child).stdout.as_mut().ok_or(ServerError::NotStarted)?;
        let line = timeout(START_MAX, first_line(stdout)).await;
        let line = line.map_err(|_| ServerError::NotReady { seconds: START_MAX.as_secs() })?;
        let line = line.map_err(|source| self.fault("hear the server beside", source))?;
        let origin = line.trim_end().strip_prefix(SAYS).ok_or(ServerError::NotStarted)?;
        origin.clone_into(&mut self.origin);
        Ok(())
    }

    /// A client of it.
    pub(crate) fn api(&self) -> Api {
        Api::new(self.origin.clone())
    }

    /// Runs another command of the same program on the same data: `admin grant nancy reviewer`.
    pub(crate) async fn command_line(&self, words: &[&str]) -> Result<(), ServerError> {
        let mut command = self.command(&self.program, words);
        command.arg("--data").arg(self.data()).stdin(Stdio::null()).kill_on_drop(true);
        let failed = |said: String| ServerError::Command { words: words.join(" "), said };
        let output = timeout(COMMAND_MAX, command.output())
            .await
            .map_err(|_| failed(format!("it took more than {} s", COMMAND_MAX.as_secs())))?
            .map_err(|source| failed(source.to_string()))?;
        if output.status.success() {
            return Ok(());
        }
        Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }

    /// The last that it warned of.
    pub(crate) fn said(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(SAID_LINES_MAX)..].join("\n")
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> Result<SocketAddr, ServerError> {
        let address = self.origin.strip_prefix("http://").and_then(|address| address.parse().ok());
        address.ok_or(ServerError::NotStarted)
    }

    /// The site's own process, behind its guard; where the system tells.
    pub(crate) fn pid(&self) -> Option<u32> {
        process::child_of(self.child.as_ref()?.id()?, self.program.to_str()?)
    }

    /// Stops it and removes its data.
    pub(crate) async fn end(mut self) -> Result<(), ServerError> {
        self.stop().await;
        store::discard(&self.data()).await?;
        std::fs::remove_dir_all(&self.folder).map_err(|source| self.fault("remove", source))
    }

    /// Stops it. Its data stays, and it can be started again.
    pub(crate) async fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.stdin.take());
            if timeout(END_MAX, child.wait()).await.is_err() {
                kill(&child);
                // It was killed, so this ends.
                let _ = child.wait().await;
            }
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    fn fault(&self, doing: &'static str, source: io::Error) -> ServerError {
        ServerError::File { doing, path: self.folder.clone(), source }
    }

    /// A command that no setting of the environment reaches: it must not find a database with members in it.
    fn command(&self, program: impl AsRef<Path>, words: &[&str]) -> Command {
        let mut command = Command::new(program.as_ref());
        for name in settings() {
            command.env_remove(name);
        }
        command.args(words).current_dir(&self.folder);
        command
    }
}

/// The environment's names of everything that the command line can be told, and of the modules' databases.
fn settings() -> Vec<OsString> {
    let known = Cli::command();
    let named = known.get_arguments().filter_map(|argument| argument.get_env().map(OsString::from));
    let databases = std::env::vars_os().map(|(name, _)| name);
    named.chain(databases.filter(|name| name.as_encoded_bytes().starts_with(b"DATABASE_URL"))).collect()
}

async fn first_line(stdout: &mut ChildStdout) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(stdout.take(LINE_BYTES_MAX)).read_line(&mut line).await?;
    Ok(line)
}

/// The guard and the site are one process group.
fn kill(child: &Child) {
    if let Some(group) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
        // An error means that the group has just ended.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_setting_of_the_environment_reaches_the_server() {
        let names = settings();
        for name in ["DATABASE_URL", "DATA", "PUBLIC_URL", "LISTEN", "LIMITS_FACTOR", "LOG"] {
            assert!(names.contains(&OsString::from(name)), "{name}");
        }
    }
}
