//! Photos, in fixed sizes. Not built yet: use cases play its events.

pub mod contract;

use std::borrow::Cow;

use sqlx::migrate::Migrator;

use crate::kernel::module::{Module, ModuleSpec, Registry};

pub struct Media;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "media",
    schema: "media",
    segments: &["media"],
    purpose: "Stores photos and serves them in fixed sizes.",
    migrations: Migrator { migrations: Cow::Borrowed(&[]), ..Migrator::DEFAULT },
    kit: &[],
    owned: &[],
};

impl Module for Media {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        at.declares_unpublished::<contract::PhotoDeleted>();
    }
}
