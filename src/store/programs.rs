//! Finds the Postgres server programs, so that nobody has to say where the system put them.
//!
//! An existing cluster decides which major version runs it; scripts/postgres.sh keeps the same list of folders.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::StoreError;

/// The server programs of one installed version.
pub(super) struct Programs {
    folder: PathBuf,
    major: u32,
}

impl Programs {
    /// The programs that fit the cluster, or the best ones if there is no cluster yet.
    pub(super) fn find(cluster: &Path) -> Result<Self, StoreError> {
        let made_by = made_by(cluster);
        let mut installed = None;
        for folder in folders() {
            let Some(major) = major_of(&folder) else { continue };
            if made_by.is_none_or(|made_by| made_by == major) {
                return Ok(Self { folder, major });
            }
            installed.get_or_insert(major);
        }
        match (made_by, installed) {
            (Some(made_by), Some(installed)) => {
                Err(StoreError::WrongVersion { cluster: cluster.to_path_buf(), made_by, installed })
            }
            _ => Err(StoreError::NoPrograms),
        }
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub(super) fn major(&self) -> u32 {
        self.major
    }
}

/// Leaves only what a program needs to be found and to run: `PGPORT` and its sisters are settings, messages in other
/// languages could not be recognised, and `AMQP_URL` and its like hold passwords that are none of Postgres's.
pub(super) fn settle_environment(command: &mut Command) {
    command.env_clear();
    for name in ["PATH", "LD_LIBRARY_PATH"] {
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
    // The account that the server runs as may not be allowed to stand where we stand.
    command.env("LC_ALL", "C").current_dir("/");
}

fn made_by(cluster: &Path) -> Option<u32> {
    fs::read_to_string(cluster.join("PG_VERSION")).ok()?.trim().parse().ok()
}

fn folders() -> Vec<PathBuf> {
    if let Some(folder) = env::var_os("PANCAKE_POSTGRES_BIN").filter(|folder| !folder.is_empty()) {
        return vec![PathBuf::from(folder)];
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    // (parent, how the entry begins, what follows it)
    let numbered = [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/usr/lib", "postgresql", "bin"),
        ("/usr/libexec", "postgresql", ""),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
    ];
    for (parent, prefix, suffix) in numbered {
        folders.extend(newest_first(Path::new(parent), prefix).into_iter().map(|found| found.join(suffix)));
    }
    folders.retain(|folder| folder.join("postgres").is_file() && folder.join("initdb").is_file());
    folders
}

fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((version, entry.path()))
        })
        .collect();
    found.sort_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, path)| path).collect()
}

/// `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)` is 15.
fn major_of(folder: &Path) -> Option<u32> {
    let mut command = Command::new(folder.join("postgres"));
    settle_environment(&mut command);
    let output = command.arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_whitespace().nth(2)?;
    version.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_of_another_version_is_not_touched() {
        let folder = env::temp_dir().join(format!("pancake-version-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        fs::write(folder.join("PG_VERSION"), "9\n").expect("a file in it");
        let found = Programs::find(&folder);
        fs::remove_dir_all(&folder).expect("removed again");
        assert!(matches!(found, Err(StoreError::WrongVersion { made_by: 9, .. } | StoreError::NoPrograms)));
    }
}
