//! Like a photo, once. Not built yet: use cases play its events.

pub mod contract;

use std::borrow::Cow;

use sqlx::migrate::Migrator;

use crate::module::{Module, ModuleSpec, Registry};

pub struct Like;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "like",
    schema: "likes",
    segments: &["like"],
    purpose: "Like a photo, once.",
    migrations: Migrator { migrations: Cow::Borrowed(&[]), ..Migrator::DEFAULT },
    kit: &[],
    owned: &[],
};

impl Module for Like {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        at.plays::<contract::PhotoLiked>();
        at.plays::<contract::PhotoUnliked>();
    }
}
