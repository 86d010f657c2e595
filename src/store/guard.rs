//! Starts the server under its guard, and ends one that was left behind.
//!
//! The rule: no Postgres outlives the site, also when the site is killed with -9. A process cannot do that
//! for itself, so guard.sh waits on a pipe that closes with the site.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpgid, kill_process, kill_process_group};

use super::error::StoreError;
use super::home::{Account, Home};
use super::private::Server;
use super::programs::{Programs, settle_environment};

const SCRIPT: &str = include_str!("guard.sh");
/// The guard itself turns from a fast to an immediate shutdown after 10 s, and kills after 15 s.
const STOP_WAIT_MAX: Duration = Duration::from_secs(20);
const FAST_WAIT_MAX: Duration = Duration::from_secs(10);
const TURN: Duration = Duration::from_millis(10);

/// A running server; dropping it closes the pipe, which ends the server.
pub(super) struct Guard {
    child: Child,
}

impl Guard {
    pub(super) fn start(programs: &Programs, home: &Home, server: Server) -> Result<Self, StoreError> {
        let mut command = Command::new("/bin/sh");
        settle_environment(&mut command);
        drop_to(&mut command, home.account);
        command.args(["-c", SCRIPT, "pancake-postgres"]).arg(&home.cluster);
        command.arg(programs.postgres()).arg("-D").arg(&home.cluster).arg("-k").arg(&home.socket);
        for setting in settings(server) {
            command.arg("-c").arg(setting);
        }
        // Only standard input is shared with the guard. The standard library marks our end of the pipe
        // close-on-exec, so no other child of ours keeps it open after our end.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let child =
            command.spawn().map_err(|error| StoreError::from_file(error, "run", Path::new("/bin/sh")))?;
        Ok(Self { child })
    }

    /// True once the server has ended, by itself or on request.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// True if this guard started the server that runs on the cluster. One that an earlier process left may still be ending.
    pub(super) fn guards(&self, cluster: &Path) -> bool {
        let group = Pid::from_child(&self.child);
        running(cluster).is_some_and(|server| getpgid(Some(server)) == Ok(group))
    }

    /// A fast shutdown: sessions are ended, what is committed is on the disk. A caller that cancels this has still begun the shutdown.
    pub(super) async fn stop(&mut self) {
        drop(self.child.stdin.take());
        let begun = Instant::now();
        while !self.has_ended() && begun.elapsed() < STOP_WAIT_MAX {
            tokio::time::sleep(TURN).await;
        }
        if !self.has_ended() {
            // The guard and the server are one process group.
            signal_group(self.child.id());
            let _ = self.child.wait();
        }
    }
}

/// Makes a command run as the account, with none of root's groups left.
pub(super) fn drop_to(command: &mut Command, account: Option<Account>) {
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
}

/// Ends a server that was left behind, and removes a postmaster.pid that nobody stands behind.
///
/// A server whose site is gone is stopped and not taken over: without its guard it would outlive the next
/// site too, and with its guard it is on its way out. The caller holds the lock of the data folder, so no
/// living site uses it.
pub(super) async fn clear_remains(cluster: &Path) -> Result<(), StoreError> {
    let begun = Instant::now();
    while let Some(pid) = running(cluster) {
        let signal = if begun.elapsed() < FAST_WAIT_MAX { Signal::INT } else { Signal::QUIT };
        // It may have ended since we looked.
        let _ = kill_process(pid, signal);
        if begun.elapsed() > STOP_WAIT_MAX {
            let _ = kill_process(pid, Signal::KILL);
        }
        tokio::time::sleep(TURN).await;
    }
    remove_file(&cluster.join("postmaster.pid"))
}

/// Tells the server that runs on this cluster, if one does.
pub(super) fn signal(cluster: &Path, signal: Signal) {
    if let Some(pid) = running(cluster) {
        // It may have ended since we looked.
        let _ = kill_process(pid, signal);
    }
}

/// The server that runs on this cluster. postmaster.pid alone proves nothing: after a crash its number may
/// belong to any process, and then Postgres itself would refuse to start. So the process is asked what it is.
pub(super) fn running(cluster: &Path) -> Option<Pid> {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let pid = Pid::from_raw(text.lines().next()?.trim().parse().ok().filter(|pid| *pid > 1)?)?;
    let number = pid.as_raw_nonzero().to_string();
    let cluster = cluster.as_os_str().as_encoded_bytes();
    if Path::new("/proc/self/cmdline").exists() {
        // The command line, and not the working directory: root in a container may not look at that.
        let line = fs::read(format!("/proc/{number}/cmdline")).ok()?;
        let mut words = line.split(|byte| *byte == 0);
        let is_server = words.next().is_some_and(|program| program.ends_with(b"postgres"));
        return (is_server && words.any(|word| word == cluster)).then_some(pid);
    }
    let mut command = Command::new("ps");
    settle_environment(&mut command);
    let line = command.args(["-o", "command=", "-p", &number]).output().ok()?.stdout;
    let is_server = line.windows(cluster.len()).any(|part| part == cluster);
    (is_server && !line.starts_with(b"/bin/sh")).then_some(pid)
}

pub(super) fn remove_file(path: &PathBuf) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::from_file(error, "remove", path))
        }
        _ => Ok(()),
    }
}

fn settings(server: Server) -> Vec<String> {
    let mut settings: Vec<String> = [
        "listen_addresses=",
        "port=5432",
        "unix_socket_permissions=0700",
        "shared_buffers=128MB",
        "max_wal_size=512MB",
        "jit=off",
        // Small containers have little shared memory, and parallel queries take theirs from it.
        "max_parallel_workers_per_gather=0",
        "timezone=UTC",
        "log_timezone=UTC",
        // The server's own events only: statements hold what members wrote, and that does not belong in a log.
        "logging_collector=off",
        "log_destination=stderr",
        "log_min_messages=log",
        "log_min_error_statement=panic",
        "log_checkpoints=off",
        "log_autovacuum_min_duration=-1",
    ]
    .map(str::to_owned)
    .to_vec();
    settings.push(format!("max_connections={}", server.max_connections));
    if !server.durable {
        let fast = [
            "fsync=off",
            "full_page_writes=off",
            "synchronous_commit=off",
            "wal_level=minimal",
            "max_wal_senders=0",
        ];
        settings.extend(fast.map(str::to_owned));
    }
    settings
}

fn signal_group(id: u32) {
    if let Some(group) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // An error means that the group has just ended.
        let _ = kill_process_group(group, Signal::KILL);
    }
}
