//! The data folder, held open, so that what is read and written in it is in it.
//!
//! Who owns a folder can put links there, and change them at any moment. Root would follow them to files of others. So
//! a folder of another account's is refused, and no file in it is opened through a link.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Mode, OFlags, fstat, open, openat};
use rustix::process::geteuid;

use super::error::StoreError;

/// What a file here may hold: ids and paths.
const FILE_BYTES_MAX: u64 = 4096;

/// An open handle of the data folder: paths are resolved from it.
#[derive(Clone)]
pub(super) struct DataFolder {
    path: PathBuf,
    folder: Arc<OwnedFd>,
}

impl DataFolder {
    /// Opens it, if it is ours: not a link, not another account's, and for root not open to others.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let fault = |error: rustix::io::Errno| StoreError::from_file(error.into(), "open", path);
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
        let folder = open(path, flags, Mode::empty()).map_err(fault)?;
        let there = fstat(&folder).map_err(fault)?;
        let ours = geteuid().as_raw();
        let is_open_to_others = there.st_mode & 0o022 != 0;
        if there.st_uid != ours || (ours == 0 && is_open_to_others) {
            return Err(StoreError::OthersFolder { folder: path.to_owned(), owner: there.st_uid, ours });
        }
        Ok(Self { path: path.to_owned(), folder: Arc::new(folder) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file in it to read and write; it is made where it is not there.
    pub(super) fn file(&self, name: &str) -> Result<File, StoreError> {
        self.opened(name, OFlags::RDWR | OFlags::CREATE)
            .map_err(|error| StoreError::from_file(error, "open", &self.path.join(name)))
    }

    /// What a file in it holds, if it is there and text.
    pub(super) fn read(&self, name: &str) -> Option<String> {
        let mut text = String::new();
        self.opened(name, OFlags::RDONLY).ok()?.take(FILE_BYTES_MAX).read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// Writes a file in it anew.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), StoreError> {
        self.opened(name, OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| StoreError::from_file(error, "write", &self.path.join(name)))
    }

    fn opened(&self, name: &str, flags: OFlags) -> io::Result<File> {
        let file = openat(&self.folder, name, flags | ITSELF, Mode::RUSR | Mode::WUSR)?;
        Ok(File::from(file))
    }
}

/// Not what a link leads to, and without waiting for a pipe.
const ITSELF: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// Opens a file elsewhere that another account may have made.
pub(super) fn open_itself(path: &Path) -> io::Result<File> {
    Ok(File::from(open(path, OFlags::RDONLY | ITSELF, Mode::empty())?))
}
