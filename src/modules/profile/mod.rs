//! How members see each other: profiles of what was approved, the newest of them, and the front page.

pub mod contract;
mod drop_liked;
mod fact_lines;
mod gallery;
mod interests;
mod keep_asked;
mod keep_favorites;
mod keep_flirted;
mod keep_ideals;
mod keep_liked;
mod keep_profiles;
mod keep_reported;
mod keep_seen;
mod keep_visits;
mod list_profiles;
mod private_album;
mod read_profile;
mod record_visit;
mod report_profile;
mod show_front;

use std::time::Duration;

use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::shared;
use crate::shared::facts::keep::KeepFacts;
use crate::shared::interests::keep::KeepInterests;
use crate::shared::paging;
use crate::shared::photos::{AddPhotos, ArrangePhotos, RemovePhotos, TakeBackPhotos};

pub struct Profile;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "profile",
    schema: "profile",
    segments: &["profile", "member", ""],
    purpose: "The public view of approved members; looking is a visit.",
    migrations: sqlx::migrate!("schemas/profile"),
    kit: &[Kit::People, Kit::Access],
    owned: &["seen"],
};

const DAY: Duration = Duration::from_hours(24);

impl Module for Profile {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        shared::keep_people(at);
        at.listens_since(2, AddPhotos::of(SPEC.schema, None));
        at.listens_since(3, TakeBackPhotos::of(SPEC.schema, None));
        at.listens(drop_liked::DropLiked(RemovePhotos::of(SPEC.schema, None)));
        at.listens_since(3, ArrangePhotos::of(SPEC.schema, None));
        shared::keep_access(at, 2);
        at.listens(keep_asked::AddAsked);
        at.listens(keep_asked::RemoveAsked);
        at.listens(keep_liked::AddLiked);
        at.listens(keep_liked::RemoveLiked);
        at.listens(keep_profiles::KeepProfiles);
        at.listens(keep_profiles::KeepPresentations);
        at.listens_since(3, keep_profiles::RemovePresentations);
        at.listens(KeepFacts::of(SPEC.schema));
        at.listens(KeepInterests::of(SPEC.schema));
        at.listens(keep_flirted::KeepFlirted);
        at.listens(keep_favorites::AddFavorite);
        at.listens(keep_favorites::RemoveFavorite);
        at.listens(keep_seen::KeepSeen);
        at.listens(keep_ideals::KeepIdeals);
        at.publishes::<contract::ProfileVisited>();
        at.listens(keep_visits::KeepVisits);
        at.publishes::<contract::ProfileReported>();
        at.listens(keep_reported::KeepReported);

        let list = Action::get("/profile", Policy::Member, "lists the newest members");
        at.json(list.refuses(paging::REFUSALS), list_profiles::json);
        at.html(Action::get("/", Policy::Public, "shows the front page"), show_front::page);
        // Each is an alert to somebody: more than this in a day is no looking around.
        let read = |path| {
            Action::get(path, Policy::Member, "shows a profile, which is a visit")
                .leaves_trace()
                .limited("visits", 300, DAY)
        };
        at.json(read("/profile/{member}"), read_profile::json);
        at.html(read("/member/{nickname}"), read_profile::page);
        let page =
            Action::get("/member/{nickname}/report", Policy::Member, "shows the form to report a member");
        at.html(page.refuses(&[report_profile::SELF]), report_profile::page);
        // A person looks at each of them.
        let report = |path| {
            Action::post(path, Policy::Member, "reports a profile, or a photo of it, to the reviewers")
                .limited("reports", 30, DAY)
                .takes_text(report_profile::REFUSES.words)
                .refuses(&[report_profile::SELF])
        };
        at.json(
            report("/profile/{member}/report").refuses(&report_profile::REFUSES.problems()),
            report_profile::json,
        );
        at.html(report("/member/{nickname}/report"), report_profile::form);
    }
}
