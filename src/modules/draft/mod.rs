//! What a member writes about herself before a reviewer has looked at it. Nothing of it is public.

pub mod contract;
mod keep_decisions;
mod keep_sent;
mod read_draft;
mod update_draft;

use std::time::Duration;

use crate::kernel::module::{Action, Module, ModuleSpec, Policy, Registry};

pub struct Draft;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "draft",
    schema: "draft",
    segments: &["draft"],
    purpose: "What members write about themselves, until it is reviewed.",
    migrations: sqlx::migrate!("schemas/draft"),
    kit: &[],
    owned: &[],
};

const DAY: Duration = Duration::from_hours(24);

impl Module for Draft {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        at.publishes::<contract::DraftPresentationUpdated>();
        at.listens(keep_sent::KeepSent);
        at.listens(keep_decisions::KeepApprovals);
        at.listens(keep_decisions::KeepRejections);

        let read = |path| Action::get(path, Policy::Member, "shows what she wrote, and what became of it");
        at.json(read("/draft"), read_draft::json);
        at.html(read("/draft"), read_draft::page);
        // A person reads each of them.
        let update = |action: Action| {
            action
                .limited("presentations", 20, DAY)
                .takes_text(update_draft::PRESENTATION)
                .refuses(&update_draft::PRESENTATION.problems())
                .refuses(&[update_draft::REJECTED])
        };
        let sends = "sends her presentation to review";
        at.json(update(Action::put("/draft", Policy::Member, sends)), update_draft::json);
        at.html(update(Action::post("/draft", Policy::Member, sends)), update_draft::form);
    }
}
