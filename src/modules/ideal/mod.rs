//! Whom a member looks for. Not built yet: use cases play its events.

pub mod contract;

use std::borrow::Cow;

use sqlx::migrate::Migrator;

use crate::module::{Module, ModuleSpec, Registry};

pub struct Ideal;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "ideal",
    schema: "ideal",
    segments: &["ideal"],
    purpose: "Whom a member looks for.",
    migrations: Migrator { migrations: Cow::Borrowed(&[]), ..Migrator::DEFAULT },
    kit: &[],
    owned: &[],
};

impl Module for Ideal {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        at.plays::<contract::IdealUpdated>();
    }
}
