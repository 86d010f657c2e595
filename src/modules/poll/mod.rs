//! The live channel: a page hears at once that there is something new, and so does a program.
//!
//! It only says which module has news. What is new comes through that module's own endpoints. Who waits, and what
//! wakes her, is in [`crate::live`].

pub mod contract;
mod open_stream;
mod poll_news;
mod take_seat;

use std::borrow::Cow;

use sqlx::migrate::Migrator;

use crate::kernel::module::{Action, Module, ModuleSpec, Policy, Registry};

pub struct Poll;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "poll",
    schema: "poll",
    segments: &["poll", "live"],
    purpose: "Tells pages and programs at once what is new.",
    migrations: Migrator { migrations: Cow::Borrowed(&[]), ..Migrator::DEFAULT },
    kit: &[],
    owned: &[],
};

impl Module for Poll {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        let poll = Action::get("/poll", Policy::Member, "waits for what is new").by_itself();
        at.json(poll.refuses(&[poll_news::CURSOR, poll_news::WAIT, take_seat::TOO_MANY]), poll_news::json);
        at.html(Action::get("/live", Policy::Member, "hears what is new").by_itself(), open_stream::page);
    }
}
