//! Whom a member looks for: gender, ages and place. What she said when she joined holds until she says otherwise.

pub mod contract;
mod keep_ideals;
mod read_ideal;
mod update_ideal;

use crate::kernel::module::{Action, Module, ModuleSpec, Policy, Registry};

pub struct Ideal;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "ideal",
    schema: "ideal",
    segments: &["ideal"],
    purpose: "Whom a member looks for.",
    migrations: sqlx::migrate!("schemas/ideal"),
    kit: &[],
    owned: &[],
};

impl Module for Ideal {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        at.listens(keep_ideals::KeepFirst);
        at.publishes::<contract::IdealUpdated>();
        at.listens(keep_ideals::KeepUpdated);

        let read = |path| Action::get(path, Policy::Member, "shows whom she looks for");
        at.json(read("/ideal"), read_ideal::json);
        at.html(read("/ideal"), read_ideal::page);
        let update = "says whom she looks for";
        let refusals = update_ideal::REFUSES.all();
        at.json(Action::put("/ideal", Policy::Member, update).refuses(&refusals), update_ideal::json);
        at.html(Action::post("/ideal", Policy::Member, update), update_ideal::form);
    }
}
