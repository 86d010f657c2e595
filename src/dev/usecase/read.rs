//! Reads one use case from its tree. Everything that is wrong is noted; what is right is read on.

mod answer;
mod live;
mod request;

pub use request::no_action;

use std::path::Path;

use axum::http::Method;
use chrono::TimeDelta;

use super::cast::{Cast, state};
use super::fault::{Faults, did_you_mean};
use super::model::{Call, EventText, Given, Past, PastCall, Skip, State, Step, UseCase, When};
use super::table::Table;
use super::time::span;
use super::tree::{Field, Tree};
use super::{check, people};
use crate::kernel::module::Registry;

/// The letters in which a call's method is a key.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];
/// Repetitions of one event.
const REPEAT_MAX: usize = 10_000;
/// Calls sent at the same moment.
const AT_ONCE_MAX: usize = 50;

/// Reads the files of one module.
pub struct Reader<'r> {
    pub registry: &'r Registry,
    pub cast: &'r Cast,
    pub module: &'static str,
    /// Where the case lies, and the files that it sends.
    pub folder: &'r Path,
    /// Whether a case may name actions and events that are not there yet.
    pub draft: bool,
    pub faults: Faults,
}

impl Reader<'_> {
    /// The case, if it can be told at all; its faults are in `faults`.
    pub fn case(&mut self, tree: &Tree) -> Option<UseCase> {
        let mut table = Table::of(tree, "a use case", &mut self.faults)?;
        let name = table.text("name", &mut self.faults);
        let about = table.text("about", &mut self.faults);
        let wanted = self.states(&mut table);
        let given = table.take("given").map(|tree| self.given(tree)).unwrap_or_default();
        let steps = self.steps(&mut table);
        let skips = self.skips(&mut table);
        table.finish("a use case", &mut self.faults);
        let Some(name) = name else {
            return self.faults.add(1, "a use case needs a name: a sentence");
        };
        let file = self.faults.file().to_owned();
        let mut case =
            UseCase { module: self.module, file, name, about, people: Vec::new(), given, steps, skips };
        match people::introduce(self.registry, self.cast, &case, &wanted) {
            Ok(people) => case.people = people,
            Err(untold) => return self.faults.add(1, untold.to_string()),
        }
        if !self.draft {
            check::case(self.registry, &case, &mut self.faults);
        }
        Some(case)
    }

    fn states(&mut self, table: &mut Table<'_>) -> Vec<(String, State)> {
        let Some(tree) = table.take("people") else { return Vec::new() };
        let faults = &mut self.faults;
        let mut wanted = Vec::new();
        for field in tree.table().unwrap_or_default() {
            if self.cast.person(&field.key).is_none() {
                let near = did_you_mean(&field.key, self.cast.nicknames());
                faults.add::<()>(field.line, format!("{} is not in the cast{near}", field.key));
            }
            let word = field.value.text().unwrap_or("no text");
            wanted.extend(state(word, field.line, faults).map(|state| (field.key.clone(), state)));
        }
        wanted
    }

    fn given(&mut self, tree: &Tree) -> Vec<Given> {
        let Some(items) = tree.list() else {
            self.faults.add::<()>(tree.line, format!("given is a list, not {}", tree.kind()));
            return Vec::new();
        };
        items.iter().filter_map(|item| self.past(item)).collect()
    }

    /// Like `given`, but it happens now.
    fn meanwhile(&mut self, tree: &Tree) -> Vec<Given> {
        let Some(items) = tree.list() else {
            self.faults.add::<()>(tree.line, format!("meanwhile is a list, not {}", tree.kind()));
            return Vec::new();
        };
        for item in items {
            for key in ["at", "every"] {
                if let Some(at) = item.get(key) {
                    let what = format!("what happens meanwhile happens now: {key} cannot be said");
                    self.faults.add::<()>(at.line, what);
                }
            }
        }
        let mut meanwhile: Vec<_> = items.iter().filter_map(|item| self.past(item)).collect();
        for given in &mut meanwhile {
            if let Given::Event(past) = given {
                past.every = TimeDelta::zero();
            }
        }
        meanwhile
    }

    fn past(&mut self, tree: &Tree) -> Option<Given> {
        if tree.text().is_some() {
            let call = self.call(tree)?;
            return Some(Given::Call(Box::new(PastCall { at: None, call, then: None })));
        }
        let mut table = Table::of(tree, "an entry of given", &mut self.faults)?;
        let at = self.span(&mut table, "at");
        if is_call(&table) {
            let then = match table.take("then") {
                Some(then) => self.then(then, false),
                None => None,
            };
            let call = self.call_of(table)?;
            return Some(Given::Call(Box::new(PastCall { at, call, then })));
        }
        let repeat = table.count("repeat", &mut self.faults).unwrap_or(1);
        let every = self.span(&mut table, "every").unwrap_or(super::time::PACE);
        if repeat == 0 || repeat > REPEAT_MAX {
            return self.faults.add(tree.line, format!("repeat is 1 to {REPEAT_MAX}"));
        }
        let event = self.only_event(table)?;
        let repeat = u32::try_from(repeat).unwrap_or(u32::MAX);
        Some(Given::Event(Past { event, at, repeat, every }))
    }

    fn steps(&mut self, table: &mut Table<'_>) -> Vec<Step> {
        let tells = table.left().iter().any(|field| matches!(field.key.as_str(), "when" | "stream" | "then"));
        let (line, top) = (table.line, self.step(table));
        let Some(list) = table.take("step") else {
            if !tells {
                self.faults.add::<()>(line, "a use case needs when and then, or [[step]]s that have them");
            }
            return top.into_iter().collect();
        };
        if let Some(top) = &top {
            self.faults.add::<()>(top.line, "a case has one when and then, or [[step]]s: not both");
        }
        let mut steps = Vec::new();
        for item in list.list().unwrap_or_default() {
            let Some(mut table) = Table::of(item, "a step", &mut self.faults) else { continue };
            match self.step(&mut table) {
                Some(step) => steps.push(step),
                None if self.faults.is_empty() && !self.draft => {
                    self.faults.add::<()>(item.line, "a step needs when and then");
                }
                None => {}
            }
            table.finish("a step", &mut self.faults);
        }
        steps
    }

    /// `when` or `stream`, `then`, `later`, `at-once` and `meanwhile` of a case or a step.
    fn step(&mut self, table: &mut Table<'_>) -> Option<Step> {
        let later = self.span(table, "later").unwrap_or_else(TimeDelta::zero);
        let at_once = table.count("at-once", &mut self.faults).unwrap_or(1);
        let (when, stream) = (table.take("when"), table.take("stream"));
        let (between, then) = (table.take("meanwhile"), table.take("then"));
        let (when, then) = match (when.xor(stream), then) {
            (None, _) if when.is_some() => {
                return self.faults.add(table.line, "a step has a when or a stream: not both");
            }
            (None, None) => return None,
            (Some(tree), None) => return self.faults.add(tree.line, "this when has no then"),
            (None, Some(tree)) => return self.faults.add(tree.line, "this then has no when"),
            (Some(when), Some(then)) => (when, then),
        };
        if at_once == 0 || at_once > AT_ONCE_MAX {
            return self.faults.add(when.line, format!("at-once is 1 to {AT_ONCE_MAX}"));
        }
        let line = when.line;
        let happens = if stream.is_some() { self.stream(when) } else { self.when(when) };
        let meanwhile = between.map(|tree| self.meanwhile(tree)).unwrap_or_default();
        let (names_events, hears) = (then.get("events").is_some(), then.get("receives").is_some());
        let then = self.then(then, matches!(happens, Some(When::Press(_))))?;
        let step = Step { line, later, at_once, when: happens?, meanwhile, then };
        self.listening(&step, between, hears);
        if must_name_events(self.module, &step) && !names_events {
            self.faults
                .add::<()>(step.then.line, "say which events this publishes: events = [ … ], or events = []");
        }
        Some(step)
    }

    fn when(&mut self, tree: &Tree) -> Option<When> {
        if tree.text().is_some() {
            return self.call(tree).map(|call| When::Call(Box::new(call)));
        }
        let table = Table::of(tree, "when", &mut self.faults)?;
        if is_call(&table) {
            return self.call_of(table).map(|call| When::Call(Box::new(call)));
        }
        if table.left().iter().any(|field| field.key == "press") {
            return self.press(table).map(|press| When::Press(Box::new(press)));
        }
        self.only_event(table).map(When::Event)
    }

    /// The event that is the only key of a table, apart from those already taken.
    fn only_event(&mut self, mut table: Table<'_>) -> Option<EventText> {
        let line = table.line;
        if let Some(field) = table.take_last() {
            self.event(field, true)
        } else {
            let keys: Vec<_> = table.left().iter().map(|field| field.key.as_str()).collect();
            self.faults
                .add(line, format!("one event or call goes here, not {}: {}", keys.len(), keys.join(", ")))
        }
    }

    /// An event; one that introduces a person takes what it does not say from the cast.
    fn event(&mut self, field: &Field, completed: bool) -> Option<EventText> {
        let Some(record) = self.registry.event(&field.key) else {
            if self.draft {
                return None;
            }
            let near = did_you_mean(&field.key, self.registry.events().map(|event| event.name));
            return self.faults.add(field.line, format!("unknown event {}{near}", field.key));
        };
        let mut event = EventText { line: field.line, record: *record, fields: field.value.clone() };
        if completed {
            people::complete(self.cast, &mut event);
        }
        if !self.draft {
            check::event(self.cast, &event, &mut self.faults);
        }
        Some(event)
    }

    fn skips(&mut self, table: &mut Table<'_>) -> Vec<(Skip, String)> {
        let pairs = table.pairs("skip", &mut self.faults);
        let line = table.line;
        pairs
            .into_iter()
            .filter_map(|(run, reason)| match Skip::ALL.into_iter().find(|(name, _)| *name == run) {
                Some((_, skip)) => Some((skip, reason)),
                None => self.faults.add(line, format!("skip names the runs twice and stranger, not {run}")),
            })
            .collect()
    }

    fn span(&mut self, table: &mut Table<'_>, key: &str) -> Option<TimeDelta> {
        let text = table.text(key, &mut self.faults)?;
        match span(&text) {
            Some(span) => Some(span),
            None => self.faults.add(table.line, format!("{key} is a time like \"30 days\", not \"{text}\"")),
        }
    }
}

fn is_call(table: &Table<'_>) -> bool {
    table.left().iter().any(|field| METHODS.contains(&field.key.as_str()))
}

/// A change that succeeds says what it publishes. Reads, refusals and played events publish nothing
/// unless they say so.
fn must_name_events(module: &str, step: &Step) -> bool {
    let succeeds = step.then.status.iter().any(|status| *status < 400);
    let changes = match &step.when {
        When::Call(call) => call.method != Method::GET && succeeds,
        When::Press(_) => succeeds,
        When::Event(_) | When::Stream(_) => false,
    };
    let own = |call: &Call| call.action.as_ref().is_some_and(|action| action.module == module);
    let changes_meanwhile = |given: &Given| match given {
        Given::Call(past) => past.call.method != Method::GET && own(&past.call),
        Given::Event(_) => false,
    };
    changes || step.meanwhile.iter().any(changes_meanwhile)
}
