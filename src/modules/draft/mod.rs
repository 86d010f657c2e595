//! What a member says about herself: a presentation, which is not public before a reviewer has read it, and facts from
//! closed lists, which are public at once (docs/decisions/0116).

pub mod contract;
mod keep_decisions;
mod keep_sent;
mod read_draft;
mod show_facts;
mod update_draft;
mod update_facts;

use std::time::Duration;

use crate::kernel::module::{Action, Module, ModuleSpec, Policy, Registry};
use crate::shared::facts::keep::KeepFacts;

pub struct Draft;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "draft",
    schema: "draft",
    segments: &["draft"],
    purpose: "What members say about themselves: texts until they are reviewed, and facts.",
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
        at.publishes::<contract::DraftFactsUpdated>();
        at.listens(KeepFacts::of(SPEC.schema));
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

        at.html(Action::get("/draft/facts", Policy::Member, "shows the facts she tells"), show_facts::page);
        let tells = "tells facts about herself";
        let facts = |action: Action| action.refuses(update_facts::REFUSALS);
        at.json(facts(Action::put("/draft/facts", Policy::Member, tells)), update_facts::json);
        at.html(facts(Action::post("/draft/facts", Policy::Member, tells)), update_facts::form);
    }
}
