//! Compares answers and events with what a case expects. Every difference says what was wanted and what came.

use pancake::bus::Entry;
use pancake::dev::usecase::expect::{self, Came};
use pancake::dev::usecase::matching::compare;
use pancake::dev::usecase::model::Then;
use pancake::dev::usecase::names::Bindings;
use serde_json::Value;

use crate::page;
use crate::stage::Answer;

/// Letters of an answer that a failure shows.
const SHOWN_MAX: usize = 2_000;

/// The answers of one step: several where calls raced.
pub(crate) fn answers(then: &Then, answers: &[Answer], known: &mut Bindings<'_>) -> Vec<String> {
    if then.status.len() <= 1 {
        return answers.iter().flat_map(|it| answer(then, it, known)).collect();
    }
    let mut wanted = then.status.clone();
    let mut came: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    wanted.sort_unstable();
    came.sort_unstable();
    if wanted != came {
        return vec![format!("the statuses should be {wanted:?}, but are {came:?}")];
    }
    // The first status that the case names is the one that its expectations speak of.
    let first = answers.iter().find(|answer| Some(&answer.status) == then.status.first());
    first.map(|first| answer(then, first, known)).unwrap_or_default()
}

/// One answer.
pub(crate) fn answer(then: &Then, answer: &Answer, known: &mut Bindings<'_>) -> Vec<String> {
    let body = answer.json();
    let header = |name: &str| answer.header(name);
    let came = Came { status: answer.status, header: &header, body: body.as_ref() };
    let mut found = expect::answer(then, &came, known);
    found.extend(sight(then, answer));
    found
}

fn sight(then: &Then, answer: &Answer) -> Vec<String> {
    if then.sees.is_empty() && then.not_sees.is_empty() {
        return Vec::new();
    }
    if !answer.is_page() {
        return vec!["this should be a page, and is none".to_owned()];
    }
    let text = page::text(&answer.text());
    let missing = then.sees.iter().filter(|wanted| !text.contains(*wanted));
    let present = then.not_sees.iter().filter(|unwanted| text.contains(*unwanted));
    let missing = missing.map(|wanted| format!("the page does not show \"{wanted}\""));
    missing.chain(present.map(|unwanted| format!("the page shows \"{unwanted}\", and should not"))).collect()
}

/// What the module under test published, in any order.
pub(crate) fn events(then: &Then, published: &[Entry], known: &mut Bindings<'_>) -> Vec<String> {
    let mut left: Vec<(&Entry, Value)> = published.iter().map(|entry| (entry, payload(entry))).collect();
    let mut found = Vec::new();
    for wanted in &then.events {
        // Captures are bound by the entry that fits, not by one that was tried before it.
        let fitting = left.iter().position(|(entry, json)| {
            &*entry.name == wanted.record.name
                && compare(&wanted.fields, Some(json), "", &mut known.clone()).is_empty()
        });
        if let Some(at) = fitting {
            let (_, json) = left.remove(at);
            let _ = compare(&wanted.fields, Some(&json), "", known);
        } else {
            let (line, name) = (wanted.line, wanted.record.name);
            found.push(format!("line {line}: {name} {} was not published", known.event(wanted)));
        }
    }
    found.extend(
        left.iter().map(|(entry, json)| format!("{} {json} was published, and not expected", entry.name)),
    );
    found
}

fn payload(entry: &Entry) -> Value {
    let json = entry.payload.as_deref().and_then(|payload| serde_json::from_str(payload.get()).ok());
    json.unwrap_or(Value::Null)
}

/// All differences and what came, as one text; nothing if there are none.
pub(crate) fn verdict(differences: &[String], answers: &[&Answer]) -> Result<(), String> {
    if differences.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    for difference in differences {
        text.push_str(&format!("- {difference}\n"));
    }
    for answer in answers {
        text.push_str(&format!("The answer was {}\n", shown(answer)));
    }
    Err(text.trim_end().to_owned())
}

/// An answer, as far as a person wants to read it.
pub(crate) fn shown(answer: &Answer) -> String {
    let body = if answer.is_page() {
        page::text(&answer.text())
    } else {
        answer
            .json()
            .and_then(|json| serde_json::to_string_pretty(&json).ok())
            .unwrap_or_else(|| answer.text())
    };
    let cut: String = body.chars().take(SHOWN_MAX).collect();
    let more = if cut.len() < body.len() { " …" } else { "" };
    let location = answer.header("location").map(|to| format!(" at {to}")).unwrap_or_default();
    format!("{}{location} {cut}{more}", answer.status)
}
