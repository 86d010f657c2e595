//! How the site is, for admins: what `pancake status` says, as a page and for programs.
//!
//! It has no tables. What it shows is the frame's to know ([`crate::web::overview`]), and never names a member.

pub mod contract;
mod show_operations;

use std::borrow::Cow;

use sqlx::migrate::Migrator;

use crate::kernel::module::{Action, Module, ModuleSpec, Policy, Registry};

pub struct Operations;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "operations",
    schema: "operations",
    segments: &["operations"],
    purpose: "Shows admins how the site is, and what waits for somebody.",
    migrations: Migrator { migrations: Cow::Borrowed(&[]), ..Migrator::DEFAULT },
    kit: &[],
    owned: &[],
};

impl Module for Operations {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        let show = || Action::get("/operations", Policy::Admin, "shows how the site is");
        at.json(show(), show_operations::json);
        at.html(show(), show_operations::page);
    }
}
