//! Decides where the private Postgres keeps its data and its socket, and as whom it runs.
//!
//! An ordinary user has the cluster inside the data folder. Root cannot: Postgres refuses to run as root,
//! and the account it runs as instead may not be able to reach the data folder (a clone under /root). So
//! for root the cluster lives in `/var/lib/pancake/<id>`, and the data folder remembers the id: who deletes
//! the data folder gets a fresh cluster, and the old one is swept away.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use sha2::{Digest, Sha256};

use super::error::StoreError;
use super::folder::DataFolder;
use super::guard;
use crate::shared::text::hex;

/// The file in the data folder that says which cluster of root's is its.
const REMEMBERED: &str = "cluster-id";
const ROOT_HOMES: &str = "/var/lib/pancake";
/// How the server names its socket.
pub(super) const SOCKET: &str = ".s.PGSQL.5432";

/// The account that the server runs as.
#[derive(Clone, Copy)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// The places of one cluster.
#[derive(Clone)]
pub(super) struct Home {
    pub(super) cluster: PathBuf,
    pub(super) socket: PathBuf,
    /// The account to change to; none where the server runs as ourselves.
    pub(super) account: Option<Account>,
}

impl Home {
    /// What the server says of itself.
    pub(super) fn log(&self) -> PathBuf {
        self.cluster.join("server.log")
    }

    /// True if a cluster was made here, whole.
    pub(super) fn is_made(&self) -> bool {
        self.cluster.join("PG_VERSION").exists()
    }

    /// The home that belongs to this data folder; as root it is made if it is not there.
    pub(super) fn of(data: &DataFolder, durable: bool) -> Result<Self, StoreError> {
        let uid = geteuid().as_raw();
        if uid != 0 {
            let cluster = data.path().join("postgres");
            return Ok(Self { socket: short_socket(data.path(), uid), cluster, account: None });
        }
        let account = account_for_root(Path::new("/etc/passwd"))?;
        sweep();
        let home = root_home(data, durable)?;
        Ok(Self { cluster: home.join("data"), socket: home.join("socket"), account: Some(account) })
    }

    /// Makes the socket's folder. Who can enter it is a superuser of the database, so a folder that
    /// somebody else has put there is refused.
    pub(super) fn make_socket_folder(&self) -> Result<(), StoreError> {
        make_private(&self.socket, self.account)?;
        for left in [SOCKET, ".s.PGSQL.5432.lock"] {
            guard::remove_file(&self.socket.join(left))?;
        }
        Ok(())
    }
}

/// Whether a site was ever started with this data folder.
pub(super) fn has_cluster(data: &Path) -> bool {
    let folder = data.canonicalize().ok().and_then(|data| DataFolder::open(&data).ok());
    // Root's cluster is elsewhere, and the folder says where.
    folder.is_some_and(|folder| folder.path().join("postgres").exists() || id_of(&folder).is_some())
}

/// Removes a data folder with its cluster, wherever that is. Its site must have ended; the server, if it still
/// ends, is waited for.
///
/// # Errors
/// If the server still runs and does not end, or the folder cannot be removed.
pub async fn discard(data: &Path) -> Result<(), StoreError> {
    let Ok(data) = data.canonicalize() else { return Ok(()) };
    guard::clear_remains(&data.join("postgres")).await?;
    let folder = DataFolder::open(&data)?;
    if let Some(id) = id_of(&folder).filter(|id| !belongs_to_another(id, &data)) {
        let home = Path::new(ROOT_HOMES).join(id);
        guard::clear_remains(&home.join("data")).await?;
        remove_all(&home)?;
    }
    remove_all(&data)
}

fn remove_all(folder: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::from_file(error, "remove", folder))
        }
        _ => Ok(()),
    }
}

/// A folder that only the account may enter; one that is there already must be exactly that.
pub(super) fn make_private(folder: &Path, account: Option<Account>) -> Result<(), StoreError> {
    let fault = |error| StoreError::from_file(error, "make", folder);
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(fault(error)),
    }
    let there = fs::symlink_metadata(folder).map_err(fault)?;
    let ours = geteuid().as_raw();
    let wanted = account.map_or(ours, |account| account.uid);
    let right_owner = there.uid() == wanted || there.uid() == ours;
    if !there.is_dir() || !right_owner || there.permissions().mode() & 0o077 != 0 {
        return Err(StoreError::ForeignFolder { folder: folder.to_path_buf() });
    }
    if let Some(account) = account {
        lchown(folder, Some(account.uid), Some(account.gid)).map_err(fault)?;
    }
    Ok(())
}

/// The path of a Unix socket may have 107 bytes at most, and that of a data folder any number. /tmp and
/// not `XDG_RUNTIME_DIR`: the latter is emptied at log-out, and the site may well go on.
fn short_socket(data: &Path, uid: u32) -> PathBuf {
    let digest = Sha256::digest(data.as_os_str().as_encoded_bytes());
    PathBuf::from(format!("/tmp/pancake-{uid}-{}", hex(&digest[..6])))
}

fn account_for_root(passwd: &Path) -> Result<Account, StoreError> {
    let text = fs::read_to_string(passwd).map_err(|error| StoreError::from_file(error, "read", passwd))?;
    // name:password:uid:gid:…
    let account = |name: &str| {
        let line = text.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2);
        Some(Account { uid: numbers.next()?.parse().ok()?, gid: numbers.next()?.parse().ok()? })
    };
    account("postgres").or_else(|| account("nobody")).ok_or(StoreError::NoAccount)
}

fn root_home(data: &DataFolder, durable: bool) -> Result<PathBuf, StoreError> {
    let known = id_of(data).filter(|id| !belongs_to_another(id, data.path()));
    let id = if let Some(id) = known {
        id
    } else {
        let id = new_id()?;
        data.write(REMEMBERED, &id)?;
        id
    };
    // The account passes through these folders without being able to list them.
    let home = Path::new(ROOT_HOMES).join(id);
    for folder in [Path::new(ROOT_HOMES), &home] {
        let fault = |error| StoreError::from_file(error, "make", folder);
        fs::create_dir_all(folder).map_err(fault)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o711)).map_err(fault)?;
    }
    // The path is written as it is, byte for byte: it need not be UTF-8.
    let mut owner = if durable { b"kept ".to_vec() } else { b"test ".to_vec() };
    owner.extend_from_slice(data.path().as_os_str().as_encoded_bytes());
    let path = home.join("owner");
    fs::write(&path, owner).map_err(|error| StoreError::from_file(error, "write", &path))?;
    Ok(home)
}

/// A data folder that was copied has the id of the first one; the copy must not write into its cluster.
fn belongs_to_another(id: &str, data: &Path) -> bool {
    match read_owner(&Path::new(ROOT_HOMES).join(id)) {
        Some((_, owner)) => owner != data && remembered_in(&owner).as_deref() == Some(id),
        None => false,
    }
}

/// Removes the clusters of tests whose data folder is gone. One with members' data is never removed: its
/// data folder may only be out of reach, on a volume that is not mounted yet.
fn sweep() {
    for entry in fs::read_dir(ROOT_HOMES).into_iter().flatten().flatten() {
        let home = entry.path();
        let id = entry.file_name();
        let Some((durable, owner)) = read_owner(&home) else { continue };
        let cluster = home.join("data");
        let wanted = remembered_in(&owner).is_some_and(|found| *found == *id);
        if wanted || guard::running(&cluster).is_some() {
            continue;
        }
        if durable {
            tracing::info!(folder = %home.display(), "this cluster's data folder is gone; remove it by hand if you want");
            continue;
        }
        // Another start may sweep at the same time: what is gone is gone.
        if let Err(error) = fs::remove_dir_all(&home) {
            tracing::debug!(folder = %home.display(), %error, "a left-over cluster stays");
        }
    }
}

fn read_owner(home: &Path) -> Option<(bool, PathBuf)> {
    use std::os::unix::ffi::OsStringExt;
    let mut line = fs::read(home.join("owner")).ok()?;
    let path = (line.len() > 5).then(|| line.split_off(5))?;
    Some((line == b"kept ", PathBuf::from(std::ffi::OsString::from_vec(path))))
}

/// The id that another data folder has.
fn remembered_in(data: &Path) -> Option<String> {
    id_of(&DataFolder::open(data).ok()?)
}

/// An id becomes part of a path that root deletes, so nothing but an id is taken for one.
fn id_of(data: &DataFolder) -> Option<String> {
    let id = data.read(REMEMBERED)?;
    let id = id.trim();
    (id.len() == 16 && id.bytes().all(|letter| letter.is_ascii_hexdigit())).then(|| id.to_owned())
}

fn new_id() -> Result<String, StoreError> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0; 8];
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|error| StoreError::from_file(error, "read", source))?;
    Ok(hex(&bytes))
}
