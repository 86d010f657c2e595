//! The numbers in the navigation bar: conversations with something unread, and alerts that were not seen.
//!
//! They are in the HTML of every page ([`crate::web::layout`] asks for them), and change in place when the live
//! channel says so.

mod add_alerts;
pub mod contract;
mod drop_likes;
mod farthest;
mod keep_messages;
mod keep_reading;
mod read_counts;
mod remove_likes;
mod remove_seen;

use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::shared::alerting::{self, Alerting, Keeper};
use crate::shared::photos::RemovePhotos;
use crate::shared::{self, Wakes};

pub struct Nav;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "nav",
    schema: "nav",
    segments: &["nav"],
    purpose: "What waits for a member: unread conversations and unseen alerts, on every page.",
    migrations: sqlx::migrate!("schemas/nav"),
    kit: &[Kit::People, Kit::Versions],
    owned: &[],
};

/// Whoever has something of the other one. After a block only who blocks: the other one must not notice.
const WAKES: Wakes = Wakes {
    cards: "select member from nav.thread where other = any($1)
            union select member from nav.alert where actor = any($1)",
    pairs: "select t.member from unnest($1::uuid[], $2::uuid[]) as pair (blocker, blocked)
            join nav.thread t on t.member = pair.blocker and t.other = pair.blocked
            union
            select a.member from unnest($1::uuid[], $2::uuid[]) as pair (blocker, blocked)
            join nav.alert a on a.member = pair.blocker and a.actor = pair.blocked",
};

impl Module for Nav {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        shared::keep_people_live(at, WAKES);
        at.listens(keep_messages::KeepMessages);
        at.listens(keep_reading::KeepReading);
        alerting::listen::<Nav>(at);
        at.listens(remove_likes::RemoveLikes);
        at.listens(drop_likes::DropLikes(RemovePhotos::of(SPEC.schema, None)));
        at.listens(remove_seen::RemoveSeen);
        at.keeps_counts(read_counts::Reader);

        let read = |path| Action::get(path, Policy::Member, "counts what waits for her").by_itself();
        at.json(read("/nav"), read_counts::json);
        at.html(read("/nav"), read_counts::page);
    }
}

impl Keeper for Nav {
    fn keep<E: Alerting>(at: &mut Registry) {
        at.listens_since(E::SINCE, add_alerts::AddAlerts::<E>::new());
    }
}
