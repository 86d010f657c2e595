//! One Postgres for all tests of this process. It ends with the process; what it wrote, the next run removes.

use std::fs;
use std::path::{Path, PathBuf};

use pancake::store::{PrivatePostgres, Server};
use tokio::sync::OnceCell;

static POSTGRES: OnceCell<PrivatePostgres> = OnceCell::const_new();
const PREFIX: &str = "house-";

/// The server, started by whoever asks first.
pub(crate) async fn postgres() -> &'static PrivatePostgres {
    POSTGRES
        .get_or_init(|| async {
            sweep();
            let server = Server { durable: false, max_connections: 300 };
            PrivatePostgres::start(&folder("postgres"), server)
                .await
                .unwrap_or_else(|error| panic!("{error}"))
        })
        .await
}

/// A folder of this process that nothing is in yet.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{PREFIX}{}", std::process::id())).join(name)
}

/// Removes the folders of processes that have ended, with the clusters that root has elsewhere.
fn sweep() {
    let Ok(entries) = fs::read_dir(env!("CARGO_TARGET_TMPDIR")) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(process) = name.strip_prefix(PREFIX) else { continue };
        if Path::new("/proc").join(process).exists() {
            continue;
        }
        for data in fs::read_dir(&path).into_iter().flatten().flatten() {
            if let Ok(id) = fs::read_to_string(data.path().join("cluster-id")) {
                let _ = fs::remove_dir_all(Path::new("/var/lib/pancake").join(id));
            }
        }
        let _ = fs::remove_dir_all(&path);
    }
}
