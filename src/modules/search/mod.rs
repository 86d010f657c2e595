//! Finding members: by gender, age, place, photo, the facts they tell, their interests, who is online, who is new, and
//! whose ideal the searching member fits.
//!
//! However narrow a search is, a page costs a bounded number of rows ([`crate::shared::bounded_scan`]). What it tells of a member
//! is on her page too: docs/decisions/0047.

pub mod contract;
mod count;
mod fact_wishes;
mod filters;
mod in_words;
mod keep_ideals;
mod keep_members;
mod keep_seen;
mod search_members;
mod search_query;
mod show_search;
mod walk_members;

pub use walk_members::explain;

use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::shared;
use crate::shared::facts::keep::KeepFacts;
use crate::shared::interests::keep::KeepInterests;
use crate::shared::paging;

pub struct Search;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "search",
    schema: "search",
    segments: &["search"],
    purpose: "Finds members by who they are, and by whom they look for.",
    migrations: sqlx::migrate!("schemas/search"),
    kit: &[Kit::People],
    owned: &["seen"],
};

impl Module for Search {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        shared::keep_people(at);
        shared::keep_portraits(at, 1, None);
        at.listens(keep_members::KeepMembers);
        at.listens(keep_ideals::KeepFirstIdeals);
        at.listens(keep_ideals::KeepIdeals);
        at.listens(KeepFacts::of(SPEC.schema));
        at.listens(KeepInterests::of(SPEC.schema));
        at.listens(keep_seen::KeepSeen);
        at.listens(keep_seen::AddHidden);
        at.listens(keep_seen::RemoveHidden);

        let search = |path| {
            Action::get(path, Policy::Member, "finds members")
                .limited("searches", 600, std::time::Duration::from_hours(1))
                .refuses(paging::REFUSALS)
                .refuses(filters::REFUSALS)
        };
        at.json(search("/search"), search_members::json);
        at.html(search("/search"), show_search::page);
    }
}
