//! Starts the server on a cluster, and says why it has ended or does not start.
//!
//! The rule: a disk that is full is told apart from every other reason, because only that one passes without anybody
//! looking at the server. Its log cannot say so: there was no room for it either.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{Connection, PgConnection};

use super::error::StoreError;
use super::folder::open_itself;
use super::guard::{Guard, clear_remains};
use super::home::Home;
use super::private::Server;
use super::programs::Programs;

/// Less room than this and Postgres would soon stop in the middle of something.
pub(super) const ROOM_MB_MIN: u64 = 100;
/// Less than this and it cannot start: two files of its log of changes.
const START_MB_MIN: u64 = 32;
/// A server that crashed under load replays its log first, so this is generous.
const READY_WAIT_MAX: Duration = Duration::from_mins(1);
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(2);
const TURN: Duration = Duration::from_millis(10);
const LOG_TAIL_BYTES: u64 = 2_000;
/// How a server says that another one has not quite ended.
const IN_THE_WAY: [&str; 2] = ["pre-existing shared memory", "already exists"];
/// How programs say that the disk is full.
const FULL: [&str; 2] = ["No space left", "quota exceeded"];

/// Starts the server on a cluster that nobody else uses, and waits until it answers. Its guard is the caller's from the
/// first moment on: a caller that cancels this can end the server.
pub(super) async fn launch(
    programs: &Programs,
    home: &Home,
    server: Server,
    guard: &mut Option<Guard>,
) -> Result<(), StoreError> {
    let begun = Instant::now();
    while begun.elapsed() < READY_WAIT_MAX {
        let Some(started) = guard else {
            clear_remains(&home.cluster).await?;
            home.make_socket_folder()?;
            *guard = Some(Guard::start(programs, home, server)?);
            continue;
        };
        if started.has_ended() {
            *guard = None;
            allow_for_remains(home)?;
            tokio::time::sleep(TURN * 10).await;
        } else if answers(&home.socket).await && started.guards(&home.cluster) {
            return Ok(());
        } else {
            tokio::time::sleep(TURN).await;
        }
    }
    if let Some(started) = guard {
        started.stop().await;
    }
    let log = home.log();
    Err(StoreError::NotStarted { seconds: READY_WAIT_MAX.as_secs(), said: tail(&log), log })
}

/// Sessions of a server that was killed end a moment after it, and one whose site ended while it was starting may not have
/// been seen before. Until they are gone they are in the way; everything else is a fault.
fn allow_for_remains(home: &Home) -> Result<(), StoreError> {
    match why_ended(home) {
        StoreError::Ended { said, .. } if is_full(&said) => Err(StoreError::no_room(&home.cluster)),
        StoreError::Ended { said, .. } if IN_THE_WAY.iter().any(|words| said.contains(words)) => Ok(()),
        fault => Err(fault),
    }
}

/// Why the server of this home is not there any more. What its log says of the disk may be long past, so the disk is
/// looked at.
pub(super) fn why_ended(home: &Home) -> StoreError {
    let log = home.log();
    match check_room(&home.cluster, START_MB_MIN) {
        Ok(()) => StoreError::Ended { said: tail(&log), log },
        Err(full) => full,
    }
}

/// True if what a program said means that the disk is full.
pub(super) fn is_full(said: &str) -> bool {
    FULL.iter().any(|words| said.contains(words))
}

/// Refuses a disk with less room. One that cannot be asked has room enough: something else will complain.
pub(super) fn check_room(folder: &Path, needed_mb: u64) -> Result<(), StoreError> {
    let Ok(room) = rustix::fs::statvfs(folder) else { return Ok(()) };
    // Some file systems do not count files, and say 0 of 0.
    let is_out_of_files = room.f_files > 0 && room.f_favail == 0;
    if room.f_bavail.saturating_mul(room.f_frsize) < needed_mb * 1_000_000 || is_out_of_files {
        return Err(StoreError::no_room(folder));
    }
    Ok(())
}

/// Options that connect to the maintenance database `postgres` as the superuser `pancake`.
pub(super) fn connect_to(socket: &Path) -> PgConnectOptions {
    // A password from the environment must not travel to a server that asks for none.
    PgConnectOptions::new_without_pgpass()
        .host("localhost")
        .port(5432)
        .socket(socket)
        .username("pancake")
        .password("")
        .database("postgres")
        .ssl_mode(PgSslMode::Disable)
}

/// True if a server that is ready for work listens there.
pub(super) async fn answers(socket: &Path) -> bool {
    let options = connect_to(socket);
    match tokio::time::timeout(ANSWER_WAIT_MAX, PgConnection::connect_with(&options)).await {
        Ok(Ok(connection)) => {
            // It answered; how it takes the farewell does not matter.
            let _ = connection.close().await;
            true
        }
        _ => false,
    }
}

fn tail(log: &Path) -> String {
    let read = || {
        let mut file = open_itself(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(LOG_TAIL_BYTES).read_to_end(&mut bytes)?;
        std::io::Result::Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    read().unwrap_or_else(|error| format!("(no log: {error})"))
}
