//! The reviewers' queue: nobody is a member, and nothing is public, before a person has looked at it.

mod add_application;
mod add_photo;
mod add_presentation;
mod add_report;
mod approve_item;
pub mod contract;
mod decides;
mod dismiss_report;
mod earlier;
mod item;
mod keep_applications;
mod keep_decisions;
mod keep_measures;
mod keep_photos;
mod keep_presentations;
mod keep_reports;
mod lift_exclusion;
mod read_decided;
mod read_queue;
mod reject_item;
mod report;
mod take_items;
mod uphold_report;
mod waiting;
mod waiting_report;

pub use approve_item::waiting_member as approve_waiting;
pub use lift_exclusion::run as lift_exclusion;

use self::add_report::AddReports;
use self::decides::Decides;
use self::keep_decisions::KeepDecisions;
use self::keep_measures::{KeepMeasures, Measures};
use self::reject_item::REASON;
use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::modules::chat::contract::MessageReported;
use crate::modules::profile::contract::ProfileReported;
use crate::shared;
use crate::shared::paging;

pub struct Review;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "review",
    schema: "review",
    segments: &["review"],
    purpose: "The reviewers' queue: approve, or reject with a reason.",
    migrations: sqlx::migrate!("schemas/review"),
    kit: &[Kit::People],
    owned: &["lease"],
};

impl Module for Review {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        // Cards name the reviewers; who is blocked by whom does not matter here, nor who is excluded.
        at.listens(shared::cards::KeepCards::of(SPEC.schema, None));
        at.listens(add_application::AddApplication);
        at.listens(add_presentation::AddPresentation);
        at.listens(add_photo::AddPhoto);
        at.listens(add_photo::WithdrawPhoto);
        at.listens(AddReports::<ProfileReported>::new());
        at.listens(AddReports::<MessageReported>::new());
        decides::<contract::RegistrationApproved>(at);
        decides::<contract::RegistrationRejected>(at);
        decides::<contract::PresentationApproved>(at);
        decides::<contract::PresentationRejected>(at);
        decides::<contract::PhotoApproved>(at);
        decides::<contract::PhotoRejected>(at);
        decides::<contract::ReportUpheld>(at);
        decides::<contract::ReportDismissed>(at);
        measures::<contract::MessageRemoved>(at);
        measures::<contract::MemberWarned>(at);
        measures::<contract::MemberExcluded>(at);
        measures::<contract::ExclusionLifted>(at);

        let everybody = "reviewers decide on everybody, whomever they have blocked";
        let queue = |path| {
            Action::get(path, Policy::Reviewer, "shows who waits for a decision").despite_blocks(everybody)
        };
        at.json(queue("/review").refuses(paging::REFUSALS), read_queue::json);
        at.html(queue("/review"), read_queue::page);
        let take = |path| Action::post(path, Policy::Reviewer, "takes what has waited longest, for a while");
        at.json(take("/review/take"), take_items::json);
        at.html(take("/review/take"), take_items::form);
        let decided =
            |path| Action::get(path, Policy::Reviewer, "shows what was decided").despite_blocks(everybody);
        at.json(decided("/review/decided").refuses(paging::REFUSALS), read_decided::json);
        at.html(decided("/review/decided"), read_decided::page);
        let approve = |path| {
            Action::post(
                path,
                Policy::Reviewer,
                "approves what waits: an application, a presentation or a photo",
            )
        };
        at.json(
            approve("/review/{item}/approve").refuses(waiting::REFUSALS).refuses(&[waiting::OTHER_KIND]),
            approve_item::json,
        );
        at.html(approve("/review/{item}/approve"), approve_item::form);
        let reject = |path| {
            Action::post(path, Policy::Reviewer, "rejects what waits, with a reason").takes_text(REASON)
        };
        let reject_json =
            reject("/review/{item}/reject").refuses(waiting::REFUSALS).refuses(&REASON.problems());
        let reject_json = reject_json.refuses(&[waiting::OTHER_KIND]);
        at.json(reject_json, reject_item::json);
        at.html(reject("/review/{item}/reject"), reject_item::form);
        reports(at);
    }
}

fn reports(at: &mut Registry) {
    let uphold = |path| {
        Action::post(path, Policy::Reviewer, "upholds a report, and does something about it")
            .takes_text(REASON)
    };
    let refused = uphold("/review/{item}/uphold").refuses(waiting::REFUSALS).refuses(&REASON.problems());
    at.json(refused.refuses(uphold_report::REFUSALS), uphold_report::json);
    at.html(uphold("/review/{item}/uphold"), uphold_report::form);
    let dismiss =
        |path| Action::post(path, Policy::Reviewer, "dismisses a report, with a reason").takes_text(REASON);
    let refused = dismiss("/review/{item}/dismiss").refuses(waiting::REFUSALS).refuses(&REASON.problems());
    at.json(refused.refuses(&[waiting::OTHER_KIND]), dismiss_report::json);
    at.html(dismiss("/review/{item}/dismiss"), dismiss_report::form);
    let lift =
        Action::delete("/review/exclusion/{member}", Policy::Admin, "lets an excluded member come back");
    at.json(lift, lift_exclusion::json);
}

fn measures<E: Measures>(at: &mut Registry) {
    at.publishes::<E>();
    at.listens(KeepMeasures::<E>::new());
}

fn decides<E: Decides>(at: &mut Registry) {
    at.publishes::<E>();
    at.listens(KeepDecisions::<E>::new());
}
