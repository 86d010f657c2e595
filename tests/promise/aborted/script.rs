//! What is published: every type of event once, each valid after those before it. `events.txt` has a line for each.

use chrono::{DateTime, TimeDelta, Utc};
use pancake::dev::test_site::story_time;
use pancake::kernel::event::AnyEvent;
use pancake::modules;
use serde_json::Value;

const EVENTS: &str = include_str!("events.txt");
/// `@a` is short for the id that ends so.
const ID: &str = "\"0197285c-0000-7000-8000-00000000c00";

/// One event of the script.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) source: &'static str,
    /// None while its module is not built, and nothing writes it down: whoever repeats it has to look first.
    pub(super) own_listener: bool,
    pub(super) payload: Value,
    pub(super) at: DateTime<Utc>,
}

impl Line {
    pub(super) fn event(&self) -> Box<dyn AnyEvent> {
        (modules::registry().event(self.name).unwrap().parse)(&self.payload).unwrap()
    }
}

/// What comes before, so that every event has its members; and every type once.
pub(super) fn script() -> (Vec<Line>, Vec<Line>) {
    let (before, after) = EVENTS.split_once("\n\n").unwrap();
    let before = lines(before, 0);
    let after = lines(after, before.len());
    (before, after)
}

fn lines(text: &str, first: usize) -> Vec<Line> {
    let registry = modules::registry();
    let line = |(number, line): (usize, &str)| {
        let (name, payload) = line.split_once(' ').unwrap();
        let record = registry.event(name).unwrap_or_else(|| panic!("no event is called {name}"));
        let own_listener =
            registry.listeners().iter().any(|it| it.event == record.name && it.module == record.source);
        Line {
            name: record.name,
            source: record.source,
            own_listener,
            payload: serde_json::from_str(&payload.replace("\"@", ID)).unwrap(),
            at: story_time() + TimeDelta::minutes(i64::try_from(first + number).unwrap()),
        }
    };
    text.lines().enumerate().map(line).collect()
}
