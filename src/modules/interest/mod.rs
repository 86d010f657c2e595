//! What members like to do: the list of interests, and what each of them picked from it.

pub mod contract;
mod list_interests;
mod read_own;
mod show_interests;
mod update_own;

use crate::kernel::module::{Action, Module, ModuleSpec, Policy, Registry};
use crate::shared::interests::keep::KeepInterests;

pub struct Interest;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "interest",
    schema: "interest",
    segments: &["interest"],
    purpose: "What members like to do, picked from one list.",
    migrations: sqlx::migrate!("schemas/interest"),
    kit: &[],
    owned: &[],
};

impl Module for Interest {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        at.publishes::<contract::InterestsUpdated>();
        at.listens(KeepInterests::of(SPEC.schema));

        at.json(Action::get("/interest", Policy::Member, "lists all interests"), list_interests::json);
        at.json(
            Action::get("/interest/own", Policy::Member, "shows the interests she picked"),
            read_own::json,
        );
        let picks = "picks her interests";
        let update = |action: Action| action.refuses(update_own::REFUSALS);
        at.json(update(Action::put("/interest/own", Policy::Member, picks)), update_own::json);
        at.html(update(Action::post("/interest", Policy::Member, picks)), update_own::form);
        at.html(
            Action::get("/interest", Policy::Member, "shows all interests, to pick from"),
            show_interests::page,
        );
    }
}
