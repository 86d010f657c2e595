//! The Postgres of one's own: `./r up` needs no database server, no account on one, and no configuration.
//!
//! The rule: one data folder has one server at a time, and the server lives exactly as long as the process
//! that started it. `postgres.lock` in the data folder says so: its owner holds it for life, and the system
//! frees it however the owner ends. The process that gets the lock starts the server; the others use it.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use sqlx::postgres::PgConnectOptions;

use super::error::StoreError;
use super::folder::DataFolder;
use super::guard::{self, Guard, drop_to};
use super::home::{Home, SOCKET, make_private};
use super::launch::{ROOM_MB_MIN, answers, check_room, connect_to, is_full, launch, why_ended};
use super::programs::{Programs, settle_environment};

/// The file in the data folder whose owner has the server.
const LOCK: &str = "postgres.lock";
/// The other process may have to make the cluster and start it.
const OTHER_WAIT_MAX: Duration = Duration::from_mins(2);
const INITDB_WAIT_MAX: Duration = Duration::from_mins(2);
const TURN: Duration = Duration::from_millis(10);
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
pub enum Lifetime {
    /// A site, or a test: until somebody ends it.
    #[default]
    Long,
    /// A command: it ends by itself, and a site that used its server would lose it.
    Brief,
}

/// A server that answers; it ends with the process that started it.
pub struct PrivatePostgres {
    data: DataFolder,
    stay: Lifetime,
    server: Server,
    socket: PathBuf,
    /// Held where we are the owner.
    lock: File,
    owner: Option<Owner>,
}

struct Owner {
    home: Home,
    /// None where it could not be started again.
    guard: Option<Guard>,
}

impl PrivatePostgres {
    /// Finds the running instance of this data folder, or starts one.
    ///
    /// # Errors
    /// If the programs of Postgres are missing, the folder is another's, the disk is full, or the server does not start.
    pub async fn start(data: &Path, server: Server) -> Result<Self, StoreError> {
        Self::start_for(Lifetime::Long, data, server).await
    }

    /// The same. Who stays does not use what a command has started, but waits for its end.
    ///
    /// # Errors
    /// As [`PrivatePostgres::start`].
    pub async fn start_for(stay: Lifetime, data: &Path, server: Server) -> Result<Self, StoreError> {
        let fault = |error| StoreError::from_file(error, "make", data);
        DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(fault)?;
        let data = DataFolder::open(&data.canonicalize().map_err(fault)?)?;
        let mut lock = data.file(LOCK)?;
        let begun = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => {
                    let owner = own(stay, &data, &lock, server).await?;
                    let socket = owner.home.socket.clone();
                    return Ok(Self { data, stay, server, socket, lock, owner: Some(owner) });
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    return Err(StoreError::from_file(error, "lock", &data.path().join(LOCK)));
                }
            }
            // The owner writes down where its server listens as soon as it answers.
            if let Some((socket, theirs)) = read_socket(&mut lock)
                && (stay == Lifetime::Brief || theirs == Lifetime::Long)
                && answers(&socket).await
            {
                return Ok(Self { data, stay, server, socket, lock, owner: None });
            }
            if begun.elapsed() > OTHER_WAIT_MAX {
                let data = data.path().to_owned();
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

    /// True if nobody reaches the server any more: it has ended, or its socket was removed, or its owner has ended, and
    /// it with its owner. One that only stands still is there.
    pub(super) fn is_away(&mut self) -> bool {
        match &mut self.owner {
            Some(Owner { guard: Some(guard), .. }) => guard.has_ended() || !self.socket.join(SOCKET).exists(),
            Some(_) => true,
            None => self.lock.try_lock().is_ok(),
        }
    }

    /// Why it is away, as far as that can be seen from outside.
    pub(super) fn why_away(&self) -> StoreError {
        match &self.owner {
            Some(owner) => why_ended(&owner.home),
            None => StoreError::Left { data: self.data.path().to_owned() },
        }
    }

    /// Starts the server again on the very data that it had, at the socket that it had. A process that
    /// used another's server becomes the owner.
    pub(super) async fn renew(&mut self) -> Result<(), StoreError> {
        if let Some(Owner { guard: Some(guard), .. }) = &mut self.owner {
            guard.stop().await;
        }
        let gone = |folder: &Path| StoreError::Gone { folder: folder.to_path_buf() };
        // Somebody else may have a data folder there by now, and a server on it.
        if !is_ours(&self.lock, self.data.path()) {
            return Err(gone(self.data.path()));
        }
        let home = match &self.owner {
            Some(owner) => owner.home.clone(),
            None => Home::of(&self.data, self.server.durable)?,
        };
        if !home.is_made() || home.socket != self.socket {
            return Err(gone(&home.cluster));
        }
        let programs = Programs::find(&home.cluster)?;
        let owner = self.owner.insert(Owner { home, guard: None });
        launch(&programs, &owner.home, self.server, &mut owner.guard).await?;
        write_place(&self.lock, &self.socket, self.stay)
    }

    /// Ends the server if this process started it: fast, and after a bounded wait at once.
    ///
    /// # Errors
    /// If the server does not end.
    pub async fn stop(self) -> Result<(), StoreError> {
        let Some(mut owner) = self.owner else { return Ok(()) };
        write_socket(&self.lock, &[])?;
        if let Some(guard) = &mut owner.guard {
            guard.stop().await;
        }
        // What is left in the folder, if anything, the next start removes.
        let _ = fs::remove_dir(&self.socket);
        Ok(())
    }

    /// Ends the server as a crash does, if this process started it: the next start recovers. For tests.
    ///
    /// # Errors
    /// If the server does not end.
    pub async fn crash(self) -> Result<(), StoreError> {
        if let Some(owner) = &self.owner {
            guard::signal(&owner.home.cluster, Signal::QUIT);
        }
        self.stop().await
    }
}

/// Starts the server of a data folder whose lock we have; its cluster is made where there is none yet.
async fn own(stay: Lifetime, data: &DataFolder, lock: &File, server: Server) -> Result<Owner, StoreError> {
    write_socket(lock, &[])?;
    check_room(data.path(), ROOM_MB_MIN)?;
    let home = Home::of(data, server.durable)?;
    let programs = Programs::find(&home.cluster)?;
    if !home.is_made() {
        check_room(home.cluster.parent().unwrap_or(data.path()), ROOM_MB_MIN)?;
        tracing::info!(folder = %home.cluster.display(), version = programs.major(), "making a private Postgres");
        make_cluster(&programs, &home, server.durable).await?;
    }
    let mut guard = None;
    launch(&programs, &home, server, &mut guard).await?;
    write_place(lock, &home.socket, stay)?;
    tracing::info!(folder = %home.cluster.display(), "private Postgres runs");
    Ok(Owner { home, guard })
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
        command.arg("-D").arg(&making).args(["-U", "pancake", "--encoding=UTF8"]);
        // The guard writes who may connect before each start, also into a cluster that is older.
        command.args(["--auth-local=trust", "--auth-host=reject"]);
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
    if is_full(&said) {
        return Err(StoreError::no_room(&making));
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

/// True if the data folder is still the one whose lock this is.
fn is_ours(lock: &File, data: &Path) -> bool {
    let (Ok(ours), Ok(there)) = (lock.metadata(), fs::symlink_metadata(data.join(LOCK))) else {
        return false;
    };
    (ours.dev(), ours.ino()) == (there.dev(), there.ino())
}

/// Tells other processes where the server listens, and how long its owner stays.
fn write_place(lock: &File, socket: &Path, stay: Lifetime) -> Result<(), StoreError> {
    let brief: &[u8] = if stay == Lifetime::Brief { BRIEF.as_bytes() } else { b"" };
    write_socket(lock, &[socket.as_os_str().as_encoded_bytes(), brief].concat())
}

fn write_socket(mut lock: &File, socket: &[u8]) -> Result<(), StoreError> {
    lock.set_len(0)
        .and_then(|()| lock.seek(SeekFrom::Start(0)))
        .and_then(|_| lock.write_all(socket))
        .map_err(|error| StoreError::from_file(error, "write", Path::new(LOCK)))
}

/// Where the server listens, and how long its owner stays.
fn read_socket(lock: &mut File) -> Option<(PathBuf, Lifetime)> {
    let mut path = String::new();
    lock.seek(SeekFrom::Start(0)).ok()?;
    lock.take(1_000).read_to_string(&mut path).ok()?;
    let (socket, stay) = match path.strip_suffix(BRIEF) {
        Some(socket) => (socket, Lifetime::Brief),
        None => (path.as_str(), Lifetime::Long),
    };
    (!socket.is_empty()).then(|| (PathBuf::from(socket), stay))
}
