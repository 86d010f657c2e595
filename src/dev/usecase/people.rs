//! Introduces people: whoever is named in a case is registered and approved before it begins.
//!
//! The events' types belong to modules, so their fields are offered as JSON and each type takes what it knows.

use serde_json::Value;

use super::cast::{Cast, Person};
use super::model::{Body, Caller, EventText, Given, Introduction, News, State, Step, UseCase, When};
use super::names::PLAIN_KEYS;
use super::tree::{Field, Node, Tree};
use crate::kernel::module::{EventRecord, Registry};

const REGISTERED: &str = "member-registered";
const APPROVED: &str = "registration-approved";
const REJECTED: &str = "registration-rejected";
const GRANTED: &str = "role-granted";

/// The cast says too little, or something impossible, of a person.
#[derive(Debug, thiserror::Error)]
#[error("{event} cannot be told of {nickname}: {error}")]
pub struct Untold {
    event: &'static str,
    nickname: String,
    error: serde_json::Error,
}

/// Everybody whom the case names, with the events that bring her there.
///
/// # Errors
/// If the case gives a person a state that no events lead to.
pub fn introduce(
    registry: &Registry,
    cast: &Cast,
    case: &UseCase,
    wanted: &[(String, State)],
) -> Result<Vec<Introduction>, Untold> {
    let named = named(cast, case);
    let told = told(case);
    let mut introduced = Vec::new();
    for person in &cast.people {
        let asked = wanted.iter().find(|(name, _)| *name == person.nickname).map(|(_, state)| *state);
        let gives = |event: &str| told.iter().any(|(name, who)| *name == event && *who == person.nickname);
        if gives(REGISTERED) || (asked.is_none() && !named.contains(&person.nickname.as_str())) {
            continue;
        }
        let decided = gives(APPROVED) || gives(REJECTED);
        let state = if decided { State::Waiting } else { asked.unwrap_or(person.state) };
        if state != State::Absent {
            introduced.push(introduction(registry, cast, person, state)?);
        }
    }
    Ok(introduced)
}

/// A person in a state. The runner introduces the stranger with it.
///
/// # Errors
/// If no events lead to the state.
pub fn introduction(
    registry: &Registry,
    cast: &Cast,
    person: &Person,
    state: State,
) -> Result<Introduction, Untold> {
    let decision = match state {
        State::Approved => Some(APPROVED),
        State::Rejected => Some(REJECTED),
        State::Waiting | State::Absent => None,
    };
    let role = person.role.as_ref().filter(|_| state == State::Approved).map(|_| GRANTED);
    let names = [Some(REGISTERED), decision, role].into_iter().flatten();
    // A site that has no registration yet, as in tests of the loader, simply tells nothing.
    let records = names.filter_map(|name| registry.event(name));
    let events = records.map(|record| event(record, cast, person)).collect::<Result<_, _>>()?;
    Ok(Introduction { nickname: person.nickname.clone(), state, events })
}

/// What an introducing event does not say comes from the cast.
pub fn complete(cast: &Cast, event: &mut EventText) {
    if ![REGISTERED, APPROVED, REJECTED, GRANTED].contains(&event.record.name) {
        return;
    }
    let member = event.fields.get("member").and_then(Tree::text).and_then(|name| cast.person(name));
    let Some(person) = member else { return };
    let Ok(Value::Object(known)) = fields(&event.record, &cast.facts_of(person)) else { return };
    let line = event.fields.line;
    if let Node::Table(said) = &mut event.fields.node {
        for (key, value) in &known {
            if !said.iter().any(|field| field.key == *key) {
                said.push(Field { line, key: key.clone(), value: Tree::of_json(line, value) });
            }
        }
    }
}

fn event(record: &EventRecord, cast: &Cast, person: &Person) -> Result<EventText, Untold> {
    let fields = fields(record, &cast.facts_of(person)).map_err(|error| Untold {
        event: record.name,
        nickname: person.nickname.clone(),
        error,
    })?;
    Ok(EventText { line: 1, record: *record, fields: Tree::of_json(1, &fields) })
}

/// The facts that this event's type takes.
fn fields(record: &EventRecord, facts: &Value) -> Result<Value, serde_json::Error> {
    (record.parse)(facts)?.json()
}

/// Nicknames in calls, pages and events, wherever they stand for a person.
fn named<'c>(cast: &'c Cast, case: &UseCase) -> Vec<&'c str> {
    let mut found = Vec::new();
    let mut note = |text: &str| found.extend(cast.person(text).map(|person| person.nickname.as_str()));
    case.given.iter().for_each(|given| in_past(given, &mut note));
    for Step { when, meanwhile, then, .. } in &case.steps {
        match when {
            When::Call(call) | When::Stream(call) => in_call(call, &mut note),
            When::Press(press) => {
                in_actor(&press.actor, &mut note);
                press.on.split('/').chain(press.sends.1.split('/')).for_each(&mut note);
            }
            When::Event(event) => in_tree(&event.fields, &mut note),
        }
        meanwhile.iter().for_each(|given| in_past(given, &mut note));
        in_answer(then, &mut note);
    }
    found
}

fn in_past(given: &Given, note: &mut impl FnMut(&str)) {
    match given {
        Given::Event(past) => in_tree(&past.event.fields, note),
        Given::Call(past) => {
            in_call(&past.call, note);
            past.then.iter().for_each(|then| in_answer(then, note));
        }
    }
}

fn in_call(call: &super::model::Call, note: &mut impl FnMut(&str)) {
    in_actor(&call.actor, note);
    call.path.split('/').for_each(&mut *note);
    call.query.iter().filter(|(key, _)| !is_plain(key)).for_each(|(_, value)| note(value));
    if let Body::Json(tree) = &call.body {
        in_tree(tree, note);
    }
}

fn in_answer(then: &super::model::Then, note: &mut impl FnMut(&str)) {
    then.body.iter().chain(&then.first).chain(&then.last).for_each(|tree| in_tree(tree, note));
    then.events.iter().for_each(|event| in_tree(&event.fields, note));
    for news in &then.receives {
        if let News::Typing(nickname) = news {
            note(nickname);
        }
    }
}

fn in_actor(actor: &Caller, note: &mut impl FnMut(&str)) {
    if let Caller::Person(name) = actor {
        note(name);
    }
}

fn in_tree(tree: &Tree, note: &mut impl FnMut(&str)) {
    tree.each_text(None, &mut |key, text| {
        if !key.is_some_and(is_plain) {
            note(text.text().unwrap_or_default());
        }
    });
}

fn is_plain(key: &str) -> bool {
    PLAIN_KEYS.contains(&key)
}

/// Which introducing events the case tells itself, and of whom.
fn told(case: &UseCase) -> Vec<(&'static str, &str)> {
    case.given_events()
        .filter_map(|event| Some((event.record.name, event.fields.get("member")?.text()?)))
        .collect()
}
