//! Public and private albums. Not built yet: use cases play its events.

pub mod contract;

use std::borrow::Cow;

use sqlx::migrate::Migrator;

use crate::kernel::module::{Module, ModuleSpec, Registry};

pub struct Album;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "album",
    schema: "album",
    segments: &["album"],
    purpose: "Public and private albums.",
    migrations: Migrator { migrations: Cow::Borrowed(&[]), ..Migrator::DEFAULT },
    kit: &[],
    owned: &[],
};

impl Module for Album {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        at.declares_unpublished::<contract::PrivateAlbumAccessGranted>();
        at.declares_unpublished::<contract::PrivateAlbumAccessRevoked>();
    }
}
