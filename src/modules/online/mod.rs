//! Who is here now: the list, the roulette, and the dot on every card. Who hides is not seen, and does not see.

pub mod contract;
mod hide_online;
mod keep_hidden;
mod keep_presence;
mod keep_seen;
mod list_online;
mod next_online;

use std::time::Duration;

use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::shared;
use crate::shared::paging;

pub struct Online;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "online",
    schema: "online",
    segments: &["online"],
    purpose: "Who was here in the last 5 minutes, as a list and one after the other.",
    migrations: sqlx::migrate!("schemas/online"),
    kit: &[Kit::People],
    owned: &[],
};

const DAY: Duration = Duration::from_hours(24);

impl Module for Online {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        shared::keep_people(at);
        shared::keep_portraits(at, 1, None);
        at.publishes::<contract::MemberSeen>();
        at.listens(keep_seen::KeepSeen);
        at.publishes::<contract::OnlineHidden>();
        at.listens(keep_hidden::AddHidden);
        at.publishes::<contract::OnlineShown>();
        at.listens(keep_hidden::RemoveHidden);
        at.keeps_presence(keep_presence::Store);

        let list = |path| Action::get(path, Policy::Member, "lists who is here");
        at.json(list("/online").refuses(paging::REFUSALS), list_online::json);
        at.html(list("/online"), list_online::page);
        let next = |path| {
            Action::get(path, Policy::Member, "shows who is here, one after the other")
                .refuses(&[next_online::NOT_A_TURN])
        };
        at.json(next("/online/next"), next_online::json);
        at.html(next("/online/next"), next_online::page);
        let hide = "hides that she is here";
        at.json(Action::put("/online/hidden", Policy::Member, hide), hide_online::hide_online_json);
        at.html(Action::post("/online/hidden", Policy::Member, hide), hide_online::hide_form);
        let show = "shows again when she is here";
        // Hiding protects, and is never scarce: who goes to and fro runs out of this, and stays hidden.
        let again = |action: Action| action.limited("showings", 50, DAY);
        let delete = again(Action::delete("/online/hidden", Policy::Member, show));
        at.json(delete, hide_online::show_online_json);
        at.html(again(Action::post("/online/shown", Policy::Member, show)), hide_online::show_form);
    }
}
