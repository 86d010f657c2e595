//! The broker of the plays on RabbitMQ. Whoever comes first starts it: that takes longer than a hundred plays, and there
//! is enough to do elsewhere.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use pancake::dev::drive::broker::{BrokerError, PrivateBroker};
use tokio::sync::OnceCell;

/// A RabbitMQ that the first play on it starts.
pub(crate) struct Broker {
    folder: PathBuf,
    /// Or why there is none: nobody tries again.
    started: OnceCell<Result<PrivateBroker, String>>,
    sites: AtomicUsize,
}

impl Broker {
    /// Where RabbitMQ is not installed what needs it is skipped, loudly; where `CI` is set nothing is.
    pub(crate) fn beside(data: &Path) -> Option<Self> {
        if !PrivateBroker::is_installed() && std::env::var_os("CI").is_none() {
            eprintln!("SKIPPED, although it matters: every play on RabbitMQ. {}", BrokerError::NoPrograms);
            return None;
        }
        let folder = data.with_extension("broker");
        Some(Self { folder, started: OnceCell::new(), sites: AtomicUsize::new(0) })
    }

    /// Where it is, and a prefix that nobody has used yet: a site on another's would get what was left for that.
    pub(crate) async fn place(&self) -> Result<(String, String), String> {
        let started = self.started.get_or_init(|| async {
            // Of the last run.
            let _ = std::fs::remove_dir_all(&self.folder);
            PrivateBroker::start(&self.folder).await.map_err(|error| error.to_string())
        });
        let url = started.await.as_ref().map(PrivateBroker::url).map_err(Clone::clone)?;
        Ok((url, format!("stage-{}", self.sites.fetch_add(1, Ordering::SeqCst))))
    }
}
