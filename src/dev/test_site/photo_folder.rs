//! A site's folder of photos: gone when the site is.

use std::path::PathBuf;
use std::{env, fs, process};

use rand::random;

pub(super) struct PhotoFolder(pub(super) PathBuf);

impl PhotoFolder {
    /// One of its own, which the first photo makes.
    pub(super) fn new() -> Self {
        let name = format!("pancake-photos-{}-{:016x}", process::id(), random::<u64>());
        Self(env::temp_dir().join(name))
    }
}

impl Drop for PhotoFolder {
    fn drop(&mut self) {
        // Mostly there is none.
        let _ = fs::remove_dir_all(&self.0);
    }
}
