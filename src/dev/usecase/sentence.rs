//! Turns the parts of a case into sentences that read well aloud.

use axum::http::StatusCode;
use chrono::{NaiveDate, TimeDelta};

use super::cast::Cast;
use super::check;
use super::model::{
    Body, Call, Caller, EventText, Given, Introduction, News, Past, Press, State, Step, Then, When,
};
use super::names::stand_in;
use super::time::{PACE, words};
use super::tree::{Field, Node, Tree};
use crate::kernel::event::Names;
use crate::kernel::id::MemberId;

/// Columns of a line of JSON; longer ones are broken up.
const WIDTH: usize = 92;

/// Names of people, and of what stands in for captures.
struct Readers<'c> {
    cast: &'c Cast,
    captures: Vec<String>,
}

impl Names for Readers<'_> {
    fn name(&self, member: MemberId) -> String {
        match self.captures.iter().find(|capture| stand_in(capture) == member) {
            Some(capture) => capture.clone(),
            None => self.cast.name(member),
        }
    }
    fn age(&self, birthday: NaiveDate) -> i32 {
        self.cast.age(birthday)
    }
}

/// `Approved 'bob' M 22, looking for F 20-25`
pub fn introduction(cast: &Cast, who: &Introduction) -> String {
    let verb = match who.state {
        State::Approved => "Approved",
        State::Rejected => "Rejected",
        State::Waiting | State::Absent => "Registered",
    };
    let Some(person) = cast.person(&who.nickname) else { return format!("{verb} '{}'", who.nickname) };
    let role = match (&person.role, who.state) {
        (Some(role), State::Approved) => format!(", {role}"),
        _ => String::new(),
    };
    format!("{verb} {}{role}", person.describe())
}

/// The event's own sentence: `nancy flirted with bob`.
pub fn event(cast: &Cast, event: &EventText) -> String {
    let mut captures = Vec::new();
    event.fields.each_text(None, &mut |_, tree| captures.extend(tree.text().map(str::to_owned)));
    captures.retain(|text| text.starts_with('$'));
    match check::parse(cast, event) {
        Ok((_, event)) => event.describe(&Readers { cast, captures }),
        // Loading has parsed it already; a story is no place to fail.
        Err(_) => event.record.name.to_owned(),
    }
}

/// One line of GIVEN, and what a call carries.
pub fn given(cast: &Cast, given: &Given) -> Vec<String> {
    match given {
        Given::Event(past) => vec![format!("{}{}", event(cast, &past.event), times(past))],
        Given::Call(past) => {
            let mut lines = call(&past.call, "calls");
            if let Some(first) = lines.first_mut() {
                first.push_str(&before(past.at));
                let refused =
                    past.then.as_ref().and_then(|then| then.status.first()).filter(|it| **it >= 400);
                first.extend(refused.map(|status| format!(", and gets {}", status_words(*status))));
            }
            lines
        }
    }
}

fn times(past: &Past) -> String {
    let when = before(past.at);
    match past.repeat {
        1 => when,
        n if past.every.is_zero() => format!(" ({n} times)"),
        n if past.every == PACE => format!(" ({n} times, a minute apart){when}"),
        n => format!(" ({n} times, {} apart){when}", words(past.every)),
    }
}

fn before(at: Option<TimeDelta>) -> String {
    at.map(|at| format!(" ({} before)", words(at))).unwrap_or_default()
}

/// What follows WHEN: `bob calls GET /api/favorite with max = 1`.
pub fn when(cast: &Cast, step: &Step) -> Vec<String> {
    let mut lines = match &step.when {
        When::Call(sent) => call(sent, "calls"),
        When::Stream(sent) => call(sent, "listens at"),
        When::Press(pressed) => press(pressed),
        When::Event(happens) => vec![event(cast, happens)],
    };
    if let Some(first) = lines.first_mut() {
        if step.at_once > 1 {
            first.push_str(&format!(", {} times at once", step.at_once));
        }
        if step.later > TimeDelta::zero() {
            *first = format!("{} later, {first}", words(step.later));
        }
    }
    lines
}

fn call(call: &Call, does: &str) -> Vec<String> {
    let mut first = format!("{} {does} {} {}", call.actor, call.method, call.path);
    let with = |first: &mut String, pairs: &[(String, String)], mark: &str| {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}{mark}{value}")).collect();
        if !pairs.is_empty() {
            let word = if first.contains(" with ") { "and" } else { "with" };
            first.push_str(&format!(" {word} {}", pairs.join(", ")));
        }
    };
    with(&mut first, &call.query, " = ");
    with(&mut first, &call.headers, ": ");
    match &call.body {
        Body::None => vec![first],
        Body::Json(tree) => {
            let mut lines = json(tree);
            lines.insert(0, first);
            lines
        }
        Body::Form(pairs) => {
            with(&mut first, pairs, " = ");
            vec![first]
        }
        Body::Raw(text) => vec![first, text.clone()],
        Body::File(file) => {
            first.push_str(&format!(" with the file {}", file.name));
            vec![first]
        }
    }
}

fn press(press: &Press) -> Vec<String> {
    let fill = press.fill.iter().map(|(key, value)| format!("{key} = {value}"));
    let files = press.attach.iter().map(|(key, file)| format!("{key} = the file {}", file.name));
    let fill: Vec<_> = fill.chain(files).collect();
    let typed = if fill.is_empty() { String::new() } else { format!(" with {}", fill.join(", ")) };
    vec![format!("{} presses \"{}\" on {}{typed}", press.actor, press.button, press.on)]
}

/// The numbered items of THEN: events first, then the answer.
pub fn then(cast: &Cast, step: &Step) -> Vec<Vec<String>> {
    let expected = &step.then;
    let mut items: Vec<Vec<String>> = expected.events.iter().map(|it| vec![event(cast, it)]).collect();
    if items.is_empty() {
        items.push(vec!["No events".to_owned()]);
    }
    match &step.when {
        When::Event(_) => {}
        When::Stream(call) => items.extend(heard(&call.actor, expected)),
        When::Call(_) | When::Press(_) => {
            items.push(answer(expected));
            items.extend(page(step));
        }
    }
    items
}

/// `bob hears of chat, nav`, `bob is told that nancy types`
fn heard(who: &Caller, then: &Then) -> Vec<Vec<String>> {
    let mut items = Vec::new();
    if !then.headers.is_empty() {
        items.push(answer(then));
    }
    let changed = then.receives.iter().filter_map(|news| match news {
        News::Changed(module) => Some(module.as_str()),
        News::Typing(_) => None,
    });
    let changed: Vec<_> = changed.collect();
    if !changed.is_empty() {
        items.push(vec![format!("{who} hears of {}", changed.join(", "))]);
    }
    for news in &then.receives {
        if let News::Typing(nickname) = news {
            items.push(vec![format!("{who} is told that {nickname} types")]);
        }
    }
    if then.receives.is_empty() {
        items.push(vec![format!("{who} hears nothing")]);
    }
    items.extend(then.ends.map(|end| vec![format!("the stream ends: {}", end.word())]));
    items
}

fn answer(then: &Then) -> Vec<String> {
    let statuses: Vec<_> = then.status.iter().map(|status| status_words(*status)).collect();
    let mut first = format!("HTTP response {}", statuses.join(" and "));
    if let Some(location) = &then.location {
        first.push_str(&format!(", at {location}"));
    }
    if let Some(problem) = &then.problem {
        first.push_str(&format!(", problem {problem}"));
    }
    if !then.field.is_empty() {
        first.push_str(&format!(", at {}", then.field.join(" and ")));
    }
    let mut lines = vec![first];
    lines.extend(then.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.extend(then.body.iter().flat_map(json));
    if let Some(count) = then.count {
        lines.push(if count == 1 { "1 item".to_owned() } else { format!("{count} items") });
    }
    for (which, tree) in [("first", &then.first), ("last", &then.last)] {
        let mut inner = tree.iter().flat_map(json);
        lines.extend(inner.next().map(|line| format!("{which}: {line}")));
        lines.extend(inner);
    }
    if let Some(path) = &then.ordered {
        lines.push(format!("ordered by {path}, newest first"));
    }
    if !then.absent.is_empty() {
        lines.push(format!("nowhere {}", then.absent.join(", ")));
    }
    lines
}

/// `bob sees "1 new alert"`
fn page(step: &Step) -> Vec<Vec<String>> {
    let who = match &step.when {
        When::Call(call) => call.actor.to_string(),
        When::Press(press) => press.actor.to_string(),
        When::Event(_) | When::Stream(_) => return Vec::new(),
    };
    let quoted =
        |texts: &[String]| texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(", ");
    let mut lines = Vec::new();
    if !step.then.sees.is_empty() {
        lines.push(vec![format!("{who} sees {}", quoted(&step.then.sees))]);
    }
    if !step.then.not_sees.is_empty() {
        lines.push(vec![format!("{who} does not see {}", quoted(&step.then.not_sees))]);
    }
    lines
}

fn status_words(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    format!("{status} {}", reason.unwrap_or_default()).trim_end().to_owned()
}

/// A tree as JSON: in one line where it fits.
pub fn json(tree: &Tree) -> Vec<String> {
    let line = inline(tree);
    if line.chars().count() <= WIDTH {
        return vec![line];
    }
    let (open, close, inner): (_, _, Vec<Vec<String>>) = match &tree.node {
        Node::Table(fields) => ("{", "}", fields.iter().map(field).collect()),
        Node::List(items) => ("[", "]", items.iter().map(json).collect()),
        Node::Text(_) | Node::Bool(_) | Node::Number(_) => return vec![line],
    };
    let mut lines = vec![open.to_owned()];
    let last = inner.len().saturating_sub(1);
    for (number, mut part) in inner.into_iter().enumerate() {
        if number < last
            && let Some(end) = part.last_mut()
        {
            end.push(',');
        }
        lines.extend(part.into_iter().map(|line| format!("  {line}")));
    }
    lines.push(close.to_owned());
    lines
}

fn field(field: &Field) -> Vec<String> {
    let mut lines = json(&field.value);
    if let Some(first) = lines.first_mut() {
        *first = format!("\"{}\": {first}", field.key);
    }
    lines
}

fn inline(tree: &Tree) -> String {
    match &tree.node {
        Node::Bool(flag) => flag.to_string(),
        Node::Number(number) => number.to_string(),
        Node::Text(text) if text == super::names::ANY => "…".to_owned(),
        Node::Text(text) if text == super::names::NONE => "null".to_owned(),
        Node::Text(text) if text.starts_with('$') => text.clone(),
        Node::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
        Node::List(items) if items.is_empty() => "[]".to_owned(),
        Node::List(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Node::Table(fields) if fields.is_empty() => "{}".to_owned(),
        Node::Table(fields) => {
            let inner: Vec<_> =
                fields.iter().map(|field| format!("\"{}\": {}", field.key, inline(&field.value))).collect();
            format!("{{ {} }}", inner.join(", "))
        }
    }
}
