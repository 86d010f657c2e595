//! Each client takes a file handle, and a process begins with few: 1024 on most machines. The site takes as many as it is
//! allowed, and serves fewer clients at once where that is not enough.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Handles for everything that is no client: databases, brokers, logs, files of the site.
const OTHERS: u64 = 512;

/// Handles without which nobody would be answered, beside those of the connections to Postgres.
const MIN: u64 = 64;

/// This process may open next to nothing.
#[derive(Debug, thiserror::Error)]
#[error(
    "This process may open {files} files, and needs {needed} at least ({connections} of them for --connections): raise the \
     hard limit (ulimit -Hn, or LimitNOFILE of systemd)."
)]
pub struct TooFewFiles {
    files: u64,
    needed: u64,
    connections: u16,
}

/// Raises the soft limit to the hard one, and returns for how many clients that is enough, `wanted` at most.
///
/// # Errors
/// If the limit leaves room for no client at all.
pub fn clients(wanted: usize, connections: u16) -> Result<usize, TooFewFiles> {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
    let files = getrlimit(Resource::Nofile).current;
    let needed = MIN + u64::from(connections);
    if let Some(files) = files.filter(|files| *files < needed) {
        return Err(TooFewFiles { files, needed, connections });
    }
    let clients = enough(wanted, files);
    if clients < wanted {
        tracing::warn!(
            "--clients-max is {clients} instead of {wanted}: this process may not open more files. Raise the hard \
             limit (ulimit -Hn, or LimitNOFILE of systemd) to {}.",
            wanted as u64 + OTHERS
        );
    }
    Ok(clients)
}

/// No limit is enough for all.
fn enough(wanted: usize, files: Option<u64>) -> usize {
    let Some(files) = files else { return wanted };
    let left = files.saturating_sub(OTHERS).max(files / 2).max(1);
    wanted.min(usize::try_from(left).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_leave_files_for_the_rest() {
        assert_eq!(enough(20_000, None), 20_000);
        assert_eq!(enough(20_000, Some(1_048_576)), 20_000);
        assert_eq!(enough(20_000, Some(4096)), 3584);
        assert_eq!(enough(20_000, Some(600)), 300);
        assert_eq!(enough(20_000, Some(0)), 1);
    }
}
