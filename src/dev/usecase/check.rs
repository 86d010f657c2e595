//! Checks a case against what the modules say of themselves.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cast::Cast;
use super::fault::{Faults, did_you_mean};
use super::model::{Body, Call, Caller, EventText, Given, Then, UseCase, When};
use super::names::{Bindings, PASSWORD, capture, captures, stand_in};
use super::read::no_action;
use super::tree::{Node, Tree};
use crate::kernel::event::AnyEvent;
use crate::kernel::module::Registry;

/// Combinations of stand-ins that are tried for an event's captures.
const TRIES_MAX: usize = 4_096;

/// Subscriptions, actions, and captures that are used before anything binds them.
pub fn case(registry: &Registry, case: &UseCase, faults: &mut Faults) {
    let mut known = BTreeSet::from([PASSWORD.to_owned()]);
    for given in &case.given {
        past(registry, case.module, given, &mut known, faults);
    }
    for step in &case.steps {
        match &step.when {
            When::Call(sent) | When::Stream(sent) => {
                call(registry, sent, Some(&step.then), &known, faults);
            }
            When::Press(press) => {
                press.on.split('/').for_each(|word| used_word(word, press.line, &known, faults));
                press.sends.1.split('/').filter_map(capture).for_each(|name| {
                    known.insert(name.to_owned());
                });
            }
            When::Event(event) => {
                subscribed(registry, case.module, event, faults);
                used(&event.fields, &known, faults);
            }
        }
        for given in &step.meanwhile {
            past(registry, case.module, given, &mut known, faults);
        }
        for event in &step.then.events {
            published(case.module, event, faults);
        }
        learn(&step.then, &mut known);
    }
}

fn past(registry: &Registry, module: &str, given: &Given, known: &mut BTreeSet<String>, faults: &mut Faults) {
    match given {
        Given::Event(past) => {
            subscribed(registry, module, &past.event, faults);
            used(&past.event.fields, known, faults);
        }
        Given::Call(past) => {
            call(registry, &past.call, past.then.as_ref(), known, faults);
            past.then.iter().for_each(|then| learn(then, known));
        }
    }
}

/// An event's fields: known, complete, and of the right types.
pub fn event(cast: &Cast, event: &EventText, faults: &mut Faults) {
    match parse(cast, event) {
        Err(error) => {
            faults.add::<()>(event.line, format!("{}: {error}", event.record.name));
        }
        Ok((given, parsed)) => match parsed.json() {
            Ok(json) => unknown(&event.fields, &given, &json, event.record.name, faults),
            Err(error) => {
                faults.add::<()>(event.line, format!("{} does not write itself: {error}", event.record.name));
            }
        },
    }
}

/// Reads an event whose captures nobody knows yet: with stand-ins of whatever type fits.
///
/// # Errors
/// If the fields are not those of the event.
pub fn parse(cast: &Cast, event: &EventText) -> Result<(Value, Box<dyn AnyEvent>), serde_json::Error> {
    let mut captures = Vec::new();
    event.fields.each_text(None, &mut |_, tree| {
        captures.extend(tree.text().filter(|text| text.starts_with('$')).map(str::to_owned));
    });
    captures.sort_unstable();
    captures.dedup();
    let mut first = None;
    let kinds = 4_usize;
    let tries = u32::try_from(captures.len()).ok().and_then(|n| kinds.checked_pow(n)).unwrap_or(TRIES_MAX);
    for number in 0..tries.clamp(1, TRIES_MAX) {
        let mut known = Bindings::new(cast);
        let mut digits = number;
        let mut fields = event.fields.clone();
        for name in &captures {
            replace(&mut fields, name, &stand_in_value(name, digits % kinds));
            digits /= kinds;
        }
        known.number = Some(1);
        let value = known.json(None, &fields);
        match (event.record.parse)(&value) {
            Ok(parsed) => return Ok((value, parsed)),
            Err(error) => first = first.or(Some(error)),
        }
    }
    match first {
        Some(error) => Err(error),
        None => Err(serde::de::Error::custom("has too many captures")),
    }
}

fn stand_in_value(name: &str, kind: usize) -> Value {
    match kind {
        0 => Value::from(stand_in(name).to_string()),
        1 => Value::from(1),
        2 => Value::from(super::time::NOON.to_rfc3339()),
        _ => Value::Null,
    }
}

fn replace(tree: &mut Tree, name: &str, value: &Value) {
    let line = tree.line;
    match &mut tree.node {
        Node::Text(text) if text == name => *tree = Tree::of_json(line, value),
        Node::List(items) => items.iter_mut().for_each(|item| replace(item, name, value)),
        Node::Table(fields) => fields.iter_mut().for_each(|field| replace(&mut field.value, name, value)),
        Node::Text(_) | Node::Bool(_) | Node::Number(_) => {}
    }
}

/// Every key that the case gives must come back from the event's type.
fn unknown(written: &Tree, given: &Value, kept: &Value, what: &str, faults: &mut Faults) {
    let (Some(fields), Value::Object(given)) = (written.table(), given) else { return };
    for field in fields {
        let null = given.get(&field.key).is_none_or(Value::is_null);
        match kept.get(&field.key) {
            Some(kept) => {
                let inner = given.get(&field.key).unwrap_or(&Value::Null);
                unknown(&field.value, inner, kept, &format!("{what}.{}", field.key), faults);
            }
            None if null => {}
            None => {
                let known = kept.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
                let near = did_you_mean(&field.key, known);
                faults.add::<()>(field.line, format!("{what} has no field {}{near}", field.key));
            }
        }
    }
}

/// A module is told only what it asked to hear.
fn subscribed(registry: &Registry, module: &str, event: &EventText, faults: &mut Faults) {
    let name = event.record.name;
    let own = event.record.source == module;
    if !own && !registry.listeners().iter().any(|record| record.module == module && record.event == name) {
        faults.add::<()>(event.line, format!("{module} does not listen to {name}, so it cannot be given"));
    }
}

fn published(module: &str, event: &EventText, faults: &mut Faults) {
    let (name, source) = (event.record.name, event.record.source);
    if source != module {
        faults.add::<()>(
            event.line,
            format!("{name} is published by {source}; a case expects events of {module}"),
        );
    }
}

fn call(
    registry: &Registry,
    call: &Call,
    then: Option<&Then>,
    known: &BTreeSet<String>,
    faults: &mut Faults,
) {
    let refused = then.is_some_and(|then| then.status.iter().all(|status| matches!(status, 404 | 405)));
    if call.action.is_none() && !refused {
        faults.add::<()>(call.line, no_action(registry.actions(), &call.method, &call.path));
    }
    let mut words: Vec<&str> = call.path.split('/').collect();
    words.extend(call.query.iter().map(|(_, value)| value.as_str()));
    words.extend(call.headers.iter().map(|(_, value)| value.as_str()));
    if let Body::Form(pairs) = &call.body {
        words.extend(pairs.iter().map(|(_, value)| value.as_str()));
    }
    for name in words.into_iter().flat_map(captures) {
        used_capture(name, call.line, known, faults);
    }
    if let Body::Json(tree) = &call.body {
        used(tree, known, faults);
    }
    if let Caller::Captured(name) = &call.actor {
        used_capture(name, call.line, known, faults);
    }
}

fn used(tree: &Tree, known: &BTreeSet<String>, faults: &mut Faults) {
    tree.each_text(None, &mut |_, text| {
        used_word(text.text().unwrap_or_default(), text.line, known, faults);
    });
}

fn used_word(word: &str, line: usize, known: &BTreeSet<String>, faults: &mut Faults) {
    if let Some(name) = capture(word) {
        used_capture(name, line, known, faults);
    }
}

fn used_capture(name: &str, line: usize, known: &BTreeSet<String>, faults: &mut Faults) {
    if !known.contains(name) {
        faults.add::<()>(line, format!("nothing has bound ${name} by now"));
    }
}

/// What an expectation binds.
fn learn(then: &Then, known: &mut BTreeSet<String>) {
    let trees = then.body.iter().chain(&then.first).chain(&then.last);
    trees.chain(then.events.iter().map(|event| &event.fields)).for_each(|tree| {
        tree.each_text(None, &mut |_, text| {
            known.extend(text.text().into_iter().flat_map(captures).map(str::to_owned));
        });
    });
    let headers = then.headers.iter().map(|(_, value)| value.as_str());
    let path = then.location.iter().flat_map(|location| location.split('/'));
    known.extend(headers.chain(path).flat_map(captures).map(str::to_owned));
}
