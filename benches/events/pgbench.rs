//! Postgres' own benchmark, with the inserts of a command into tables like ours: what this machine can do at best.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sqlx::Executor;
use tokio::process::Command;

use crate::Fault;
use crate::WRITERS;
use crate::figures::Round;
use crate::modules::{NoteLeft, TIME};
use crate::site::Site;

/// The two inserts. Each client counts its notes up, as a writer does; the rest of a row is always the same.
const SCRIPT: &str = r"\set note :note + 1
begin;
insert into reference.note (note, event, sender, receiver, at)
    values ((:round << 40) + (:client_id::bigint << 32) + :note, :event, :sender, :receiver, :at)
    on conflict do nothing;
insert into reference.outbox (event, name, key, at, subjects, payload)
    values (:event, 'note-left', :receiver, :at, array[:sender, :receiver]::uuid[], :payload);
commit;
";

/// Ready to run.
pub(crate) struct Pgbench {
    program: PathBuf,
    folder: PathBuf,
    socket: PathBuf,
    database: String,
}

impl Pgbench {
    /// Makes the tables and writes the script.
    pub(crate) async fn prepare(site: &Site, folder: &Path, program: &Path) -> Result<Self, Fault> {
        let tables = "create schema reference;
                      create table reference.note (like source.note including all);
                      create table reference.outbox (like source.outbox including all);";
        site.connect().await?.execute(tables).await?;
        fs::write(folder.join("script.sql"), SCRIPT)?;
        let socket = site.options.get_socket().cloned().ok_or("the server has no socket")?;
        let database = site.options.get_database().unwrap_or_default().to_owned();
        Ok(Self { program: program.to_owned(), folder: folder.to_owned(), socket, database })
    }

    /// As many clients as we have writers, for so many seconds.
    pub(crate) async fn run(&self, round: i64, seconds: u16) -> Result<Round, Fault> {
        let note = NoteLeft::numbered(round);
        let log = self.folder.join(format!("round-{round}"));
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command.arg("--host").arg(&self.socket).args(["--port", "5432", "--username", "pancake"]);
        command.args(["--no-vacuum", "--protocol", "prepared", "--jobs", "2"]);
        command.args(["--client", &WRITERS.to_string(), "--time", &seconds.to_string()]);
        command.arg("--log").arg("--log-prefix").arg(&log).arg("--file").arg(self.folder.join("script.sql"));
        for (name, value) in [
            ("round", round.to_string()),
            ("note", "0".to_owned()),
            ("event", note.from.to_string()),
            ("sender", note.from.to_string()),
            ("receiver", note.to.to_string()),
            ("at", TIME.to_owned()),
            ("payload", serde_json::to_string(&note)?),
        ] {
            command.arg("--define").arg(format!("{name}={value}"));
        }
        let output = command.arg(&self.database).stdin(Stdio::null()).kill_on_drop(true).output().await;
        let output = output.map_err(|error| format!("cannot run {}: {error}", self.program.display()))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let word = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)?.split(' ').next());
        let count = word("number of transactions actually processed: ").and_then(|count| count.parse().ok());
        let rate: Option<f64> = word("tps = ").and_then(|rate| rate.parse().ok());
        let (Some(count), Some(rate), true) = (count, rate, output.status.success()) else {
            return Err(format!("pgbench said: {said}{}", String::from_utf8_lossy(&output.stderr)).into());
        };
        let elapsed = Duration::from_secs_f64(f64::from(count) / rate);
        Ok(Round { count, elapsed, latencies: self.latencies(round)? })
    }

    /// From its log: a line a transaction, whose third word is microseconds.
    fn latencies(&self, round: i64) -> Result<Vec<Duration>, Fault> {
        let mut latencies = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with(&format!("round-{round}.")) {
                for line in fs::read_to_string(&path)?.lines() {
                    let micros = line.split(' ').nth(2).and_then(|micros| micros.parse().ok());
                    latencies.push(Duration::from_micros(micros.ok_or("pgbench logs otherwise")?));
                }
                fs::remove_file(&path)?;
            }
        }
        Ok(latencies)
    }
}
