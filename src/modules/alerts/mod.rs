//! What others did to me: who flirted, visited, liked a photo, opened an album or asked for one; what reviewers decided.

mod ack_alerts;
mod add_alerts;
pub mod contract;
mod drop_likes;
mod keep_mark;
mod read_alerts;
mod remove_likes;

use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::shared::alerting::{self, Alerting, Keeper};
use crate::shared::paging;
use crate::shared::photos::{AddPhotos, ArrangePhotos, RemovePhotos, TakeBackPhotos};
use crate::shared::{self, Wakes};

pub struct Alerts;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "alerts",
    schema: "alerts",
    segments: &["alerts"],
    purpose: "What others did to a member, with what she has not seen yet.",
    migrations: sqlx::migrate!("schemas/alerts"),
    kit: &[Kit::People, Kit::Versions],
    owned: &[],
};

/// Whoever has an alert of the other one; after a block only who blocks, for the other one must not notice.
const WAKES: Wakes = Wakes {
    cards: "select member from alerts.alert where actor = any($1)",
    pairs: "select a.member from unnest($1::uuid[], $2::uuid[]) as pair (blocker, blocked)
            join alerts.alert a on a.member = pair.blocker and a.actor = pair.blocked",
};

impl Module for Alerts {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        shared::keep_people_live(at, WAKES);
        alerting::listen::<Alerts>(at);
        at.listens(remove_likes::RemoveLikes);
        at.listens_since(2, AddPhotos::of(SPEC.schema, Some(WAKES.cards)));
        at.listens_since(3, TakeBackPhotos::of(SPEC.schema, Some(WAKES.cards)));
        at.listens(drop_likes::DropLikes(RemovePhotos::of(SPEC.schema, Some(WAKES.cards))));
        at.listens_since(3, ArrangePhotos::of(SPEC.schema, Some(WAKES.cards)));

        at.publishes::<contract::AlertRead>();
        at.listens(keep_mark::KeepMark);

        let read = |path| Action::get(path, Policy::Member, "shows what others did to her");
        at.json(read("/alerts").refuses(paging::REFUSALS), read_alerts::json);
        at.html(read("/alerts"), read_alerts::page);
        let ack = |path| Action::post(path, Policy::Member, "marks alerts as read");
        at.json(ack("/alerts/ack").refuses(&[ack_alerts::UNKNOWN]), ack_alerts::json);
        at.html(ack("/alerts/ack"), ack_alerts::form);
    }
}

impl Keeper for Alerts {
    fn keep<E: Alerting>(at: &mut Registry) {
        at.listens_since(E::SINCE, add_alerts::AddAlerts::<E>::new());
    }
}
