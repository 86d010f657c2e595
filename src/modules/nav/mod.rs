//! The numbers in the navigation bar: conversations with something unread, and alerts that were not seen.
//!
//! They are in the HTML of every page ([`crate::web::shell`] asks for them), and change in place when the live
//! channel says so.

mod add_alerts;
mod keep_messages;
mod keep_reading;
mod read_counts;
mod remove_likes;
mod remove_seen;

use crate::kit::alerting::{self, Alerting, Keeper};
use crate::kit::{self, Sides};
use crate::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};

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

/// Whose numbers are higher once this member's card is there.
const WAITED: &str = "select member from nav.thread where other = any($1)
    union select member from nav.alert where actor = any($1)";

impl Module for Nav {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        kit::keep_people_live(at, WAITED, Sides::Both);
        at.listens(keep_messages::KeepMessages);
        at.listens(keep_reading::KeepReading);
        alerting::listen::<Nav>(at);
        at.listens(remove_likes::RemoveLikes);
        at.listens(remove_seen::RemoveSeen);
        at.keeps_counts(read_counts::Reader);

        let read = |path| Action::get(path, Policy::Member, "counts what waits for her");
        at.json(read("/nav"), read_counts::json);
        at.html(read("/nav"), read_counts::page);
    }
}

impl Keeper for Nav {
    fn keep<E: Alerting>(at: &mut Registry) {
        at.listens(add_alerts::AddAlerts::<E>::new());
    }
}
