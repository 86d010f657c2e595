//! A flirt says "I noticed you" with one click: once a pair, until it is answered.

pub mod contract;
mod keep_flirts;
mod send_flirt;

use std::time::Duration;

use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::shared;

pub struct Flirt;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "flirt",
    schema: "flirt",
    segments: &["flirt"],
    purpose: "One-click flirts, once a pair until answered.",
    migrations: sqlx::migrate!("schemas/flirt"),
    kit: &[Kit::People],
    owned: &[],
};

const DAY: Duration = Duration::from_hours(24);

impl Module for Flirt {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        shared::keep_people(at);
        at.publishes::<contract::FlirtSent>();
        at.listens(keep_flirts::KeepFlirts);

        // A bot once flirted with every member: nobody means more than this in a day.
        let send = |path| {
            Action::post(path, Policy::Member, "sends a flirt")
                .limited("flirts", 100, DAY)
                .refuses(&[send_flirt::SELF])
        };
        at.json(send("/flirt/{member}"), send_flirt::json);
        at.html(send("/flirt/{nickname}"), send_flirt::form);
    }
}
