//! The Postgres of one's own: `./r up` needs no database server, no account on one, and no configuration.
//!
//! The rule: one data folder has one server at a time, and the server lives exactly as long as the process
//! that started it. `postgres.lock` in the data folder says so: its owner holds it for life, and the system
//! frees it however the owner ends. Whoever gets the lock starts the server; whoever does not, uses it.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{Connection, PgConnection};

use super::error::StoreError;
use super::guard::{self, Guard, clear_remains, drop_to};
use super::home::{Home, make_private};
use super::programs::{Programs, settle_environment};

/// Less room than this and Postgres would soon stop in the middle of something.
pub(super) const ROOM_MB_MIN: u64 = 100;
/// A server that crashed under load replays its log first, so this is generous.
const READY_WAIT_MAX: Duration = Duration::from_mins(1);
/// The other process may have to make the cluster and start it.
const OTHER_WAIT_MAX: Duration = Duration::from_mins(2);
const INITDB_WAIT_MAX: Duration = Duration::from_mins(2);
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(2);
const TURN: Duration = Duration::from_millis(10);
const LOG_TAIL_BYTES: u64 = 2_000;
/// Stands behind the socket's folder while the owner is a command.
const BRIEF: &str = "\nfor a command";

/// How the server is to run.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    /// False is for tests: nothing is forced to the disk, so a power cut may cost everything.
    pub durable: bool,
    pub max_connections: u16,
}

/// How long the process needs it that starts the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stay {
    /// A site, or a test: until somebody ends it.
    #[default]
    Long,
    /// A command: it ends by itself, and a site that used its server would lose it.
    Brief,
}

/// A server that answers; it ends with the process that started it.
pub struct PrivatePostgres {
    socket: PathBuf,
    owner: Option<Owner>,
}

struct Owner {
    cluster: PathBuf,
    guard: Guard,
    lock: File,
}

impl PrivatePostgres {
    /// Finds the running instance of this data folder, or starts one.
    pub async fn start(data: &Path, server: Server) -> Result<Self, StoreError> {
        Self::start_for(Stay::Long, data, server).await
    }

    /// The same. Who stays does not use what a command has started, but waits for its end.
    pub async fn start_for(stay: Stay, data: &Path, server: Server) -> Result<Self, StoreError> {
        let fault = |error| StoreError::from_file(error, "make", data);
        DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(fault)?;
        let data = data.canonicalize().map_err(fault)?;
        let mut lock = open_lock(&data)?;
        let begun = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Self::start_own(stay, &data, lock, server).await,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    return Err(StoreError::from_file(error, "lock", &data.join("postgres.lock")));
                }
            }
            // The owner writes down where its server listens as soon as it answers.
            if let Some((socket, theirs)) = read_socket(&mut lock)
                && (stay == Stay::Brief || theirs == Stay::Long)
                && answers(&socket).await
            {
                return Ok(Self { socket, owner: None });
            }
            if begun.elapsed() > OTHER_WAIT_MAX {
                return Err(StoreError::Busy { data, seconds: OTHER_WAIT_MAX.as_secs() });
            }
            tokio::time::sleep(TURN).await;
        }
    }

    /// Options that connect to the maintenance database `postgres` as the superuser `pancake`.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        connect_to(&self.socket)
    }

    /// True if this process started the server, false if it found one running.
    #[must_use]
    pub fn owned(&self) -> bool {
        self.owner.is_some()
    }

    /// Ends the server if this process started it: fast, and after a bounded wait at once.
    pub async fn stop(self) -> Result<(), StoreError> {
        let Some(Owner { guard, lock, .. }) = self.owner else { return Ok(()) };
        write_socket(&lock, &[])?;
        guard.stop().await;
        // What is left in the folder, if anything, the next start removes.
        let _ = fs::remove_dir(&self.socket);
        drop(lock);
        Ok(())
    }

    /// Ends the server as a crash does, if this process started it: the next start recovers. For tests.
    pub async fn crash(self) -> Result<(), StoreError> {
        if let Some(owner) = &self.owner {
            guard::signal(&owner.cluster, Signal::QUIT);
        }
        self.stop().await
    }

    async fn start_own(stay: Stay, data: &Path, lock: File, server: Server) -> Result<Self, StoreError> {
        write_socket(&lock, &[])?;
        check_room(data)?;
        let home = Home::of(data, server.durable)?;
        let programs = Programs::find(&home.cluster)?;
        if !home.cluster.join("PG_VERSION").exists() {
            check_room(home.cluster.parent().unwrap_or(data))?;
            tracing::info!(folder = %home.cluster.display(), version = programs.major(), "making a private Postgres");
            make_cluster(&programs, &home, server.durable).await?;
        }
        clear_remains(&home.cluster).await?;
        home.make_socket_folder()?;
        let guard = run(&programs, &home, server).await?;
        let brief: &[u8] = if stay == Stay::Brief { BRIEF.as_bytes() } else { b"" };
        write_socket(&lock, &[home.socket.as_os_str().as_encoded_bytes(), brief].concat())?;
        tracing::info!(folder = %home.cluster.display(), "private Postgres runs");
        Ok(Self { socket: home.socket, owner: Some(Owner { cluster: home.cluster, guard, lock }) })
    }
}

/// Starts the server and waits until it answers.
async fn run(programs: &Programs, home: &Home, server: Server) -> Result<Guard, StoreError> {
    let log = home.cluster.join("server.log");
    let begun = Instant::now();
    let mut guard = Guard::start(programs, home, server)?;
    while begun.elapsed() < READY_WAIT_MAX {
        if answers(&home.socket).await {
            return Ok(guard);
        }
        if guard.has_ended() {
            let said = tail(&log);
            if said.contains("No space left") {
                return Err(StoreError::NoRoom { folder: home.cluster.clone(), needed_mb: ROOM_MB_MIN });
            }
            // Sessions of a server that was killed end a moment after it, and until then it is in the way.
            if !said.contains("pre-existing shared memory") {
                return Err(StoreError::Ended { log, said });
            }
            tokio::time::sleep(TURN * 10).await;
            guard = Guard::start(programs, home, server)?;
        }
        tokio::time::sleep(TURN).await;
    }
    guard.stop().await;
    Err(StoreError::NotStarted { seconds: READY_WAIT_MAX.as_secs(), said: tail(&log), log })
}

/// Makes the cluster beside its place and moves it there whole: a kill in the middle leaves nothing half-made.
async fn make_cluster(programs: &Programs, home: &Home, durable: bool) -> Result<(), StoreError> {
    remove_half_made(&home.cluster);
    let making = home.cluster.with_extension(format!("making-{}", std::process::id()));
    let mut said = String::new();
    let refused = |error| StoreError::from_file(error, "make", &home.cluster);
    // The second is for systems that do not have the first.
    for locale in ["C.UTF-8", "C"] {
        make_private(&making, home.account)?;
        let mut command = std::process::Command::new(programs.initdb());
        settle_environment(&mut command);
        drop_to(&mut command, home.account);
        command.arg("-D").arg(&making).args(["-U", "pancake", "--auth=trust", "--encoding=UTF8"]);
        command.arg(format!("--locale={locale}")).arg("--no-instructions");
        if !durable {
            command.arg("--no-sync");
        }
        let mut command = tokio::process::Command::from(command);
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
        let output = match tokio::time::timeout(INITDB_WAIT_MAX, output).await {
            Ok(output) => output.map_err(|error| StoreError::from_file(error, "run", &programs.initdb()))?,
            Err(_) => {
                return Err(StoreError::NotMade {
                    folder: making,
                    said: "nothing, for two minutes".to_owned(),
                });
            }
        };
        if output.status.success() {
            return fs::rename(&making, &home.cluster).map_err(refused);
        }
        said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !said.contains("locale") {
            break;
        }
        fs::remove_dir_all(&making).map_err(|error| StoreError::from_file(error, "remove", &making))?;
    }
    if said.contains("No space left") {
        return Err(StoreError::NoRoom { folder: making, needed_mb: ROOM_MB_MIN });
    }
    Err(StoreError::NotMade { folder: making, said })
}

/// What a kill left. The program that was making it may still be at work for a second, which would make the
/// removal fail: then the next start tries again, and this one is not disturbed, having a name of its own.
fn remove_half_made(cluster: &Path) {
    let Some(folder) = cluster.parent() else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.file_stem() == cluster.file_name()
            && path.extension().is_some_and(|end| end.as_encoded_bytes().starts_with(b"making-"))
            && let Err(error) = fs::remove_dir_all(&path)
        {
            tracing::debug!(folder = %path.display(), %error, "a half-made cluster stays");
        }
    }
}

fn connect_to(socket: &Path) -> PgConnectOptions {
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

async fn answers(socket: &Path) -> bool {
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

fn open_lock(data: &Path) -> Result<File, StoreError> {
    let path = data.join("postgres.lock");
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(&path).map_err(|error| StoreError::from_file(error, "open", &path))
}

fn write_socket(mut lock: &File, socket: &[u8]) -> Result<(), StoreError> {
    lock.set_len(0)
        .and_then(|()| lock.seek(SeekFrom::Start(0)))
        .and_then(|_| lock.write_all(socket))
        .map_err(|error| StoreError::from_file(error, "write", Path::new("postgres.lock")))
}

/// Where the server listens, and how long its owner stays.
fn read_socket(lock: &mut File) -> Option<(PathBuf, Stay)> {
    let mut path = String::new();
    lock.seek(SeekFrom::Start(0)).ok()?;
    lock.take(1_000).read_to_string(&mut path).ok()?;
    let (socket, stay) = match path.strip_suffix(BRIEF) {
        Some(socket) => (socket, Stay::Brief),
        None => (path.as_str(), Stay::Long),
    };
    (!socket.is_empty()).then(|| (PathBuf::from(socket), stay))
}

fn check_room(folder: &Path) -> Result<(), StoreError> {
    let room = rustix::fs::statvfs(folder)
        .map_err(|error| StoreError::from_file(error.into(), "look at", folder))?;
    if room.f_bavail.saturating_mul(room.f_frsize) < ROOM_MB_MIN * 1_000_000 {
        return Err(StoreError::NoRoom { folder: folder.to_path_buf(), needed_mb: ROOM_MB_MIN });
    }
    Ok(())
}

fn tail(log: &Path) -> String {
    let read = || {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(LOG_TAIL_BYTES).read_to_end(&mut bytes)?;
        std::io::Result::Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    read().unwrap_or_else(|error| format!("(no log: {error})"))
}
