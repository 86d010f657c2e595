//! Where the files of photos lie: a folder, and for a short while the memory of who served them last.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures::future::try_join_all;
use moka::sync::Cache;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt};
use picture::Prints;
use tokio::fs::{create_dir_all, remove_dir_all};
use tokio::sync::OnceCell;

use super::contract::PhotoId;
use super::picture::Size;
use crate::kernel::config::Config;
use crate::kernel::failure::Failure;
use crate::kernel::module::ModuleState;

/// How long a file stays in memory: what is deleted is gone within a minute, from every node's.
const IN_MEMORY: Duration = Duration::from_secs(40);
/// Bytes of all files in memory.
const MEMORY_MAX: u64 = 64 * 1024 * 1024;

/// The files of all photos.
pub(super) struct Storage {
    folder: std::path::PathBuf,
    store: OnceCell<Arc<dyn ObjectStore>>,
    read: Cache<(PhotoId, Size), Bytes>,
}

impl ModuleState for Storage {
    fn of(config: &Config) -> Self {
        let read = Cache::builder()
            .max_capacity(MEMORY_MAX)
            .weigher(|_, file: &Bytes| u32::try_from(file.len()).unwrap_or(u32::MAX))
            .time_to_live(IN_MEMORY)
            .build();
        Self { folder: config.photos(), store: OnceCell::new(), read }
    }
}

impl Storage {
    /// Writes all sizes of a photo. When it returns they survive a loss of power.
    pub(super) async fn put(&self, photo: PhotoId, prints: Prints) -> Result<(), Failure> {
        let store = self.store().await?;
        let Prints { card, page, screen, .. } = prints;
        let files = [(Size::Card, card), (Size::Page, page), (Size::Screen, screen)];
        let puts = files.into_iter().map(|(size, file)| async move {
            store.put(&path(photo, size), file.into()).await.map_err(Failure::internal)
        });
        try_join_all(puts).await.map(|_| ())
    }

    /// The file; none where it is gone.
    pub(super) async fn get(&self, photo: PhotoId, size: Size) -> Result<Option<Bytes>, Failure> {
        if let Some(file) = self.read.get(&(photo, size)) {
            return Ok(Some(file));
        }
        let found = match self.store().await?.get(&path(photo, size)).await {
            Ok(found) => found.bytes().await,
            Err(error) => Err(error),
        };
        match found {
            Ok(file) => {
                self.read.insert((photo, size), file.clone());
                Ok(Some(file))
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Failure::internal(error)),
        }
    }

    /// Removes what there is of a photo: also what a write has left that died on its way.
    pub(super) async fn remove(&self, photo: PhotoId) -> Result<(), Failure> {
        match remove_dir_all(self.folder.join(photo.to_string())).await {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Failure::internal(error)),
            _ => {}
        }
        for size in Size::ALL {
            self.read.invalidate(&(photo, size));
        }
        Ok(())
    }

    /// Frees the memory of what has been there for too long: otherwise only the next reader would.
    pub(super) fn forget(&self) {
        self.read.run_pending_tasks();
    }

    async fn store(&self) -> Result<&Arc<dyn ObjectStore>, Failure> {
        let open = || async {
            create_dir_all(&self.folder).await.map_err(Failure::internal)?;
            let store = LocalFileSystem::new_with_prefix(&self.folder).map_err(Failure::internal)?;
            Ok(Arc::new(store.with_fsync(true)) as Arc<dyn ObjectStore>)
        };
        self.store.get_or_try_init(open).await
    }
}

/// `01990b6e-…/page.jpg`
fn path(photo: PhotoId, size: Size) -> Path {
    Path::from(format!("{photo}/{}.jpg", size.name()))
}
