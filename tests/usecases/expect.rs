//! Compares answers and events with what a case expects. Every difference says what was wanted and what came.

use pancake::bus::Entry;
use pancake::usecase::matching::{self, compare, header_fits, path_fits};
use pancake::usecase::model::Then;
use pancake::usecase::names::Bindings;
use pancake::usecase::tree::Tree;
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
    let mut found = Vec::new();
    if !then.status.contains(&answer.status) {
        let wanted: Vec<_> = then.status.iter().map(ToString::to_string).collect();
        found.push(format!("the status should be {}, but is {}", wanted.join(" or "), answer.status));
    }
    for (name, wanted) in &then.headers {
        let came = answer.header(name);
        if !header_fits(wanted, came, known) {
            found.push(format!(
                "the header {name} should be {wanted}, but is {}",
                came.unwrap_or("not there")
            ));
        }
    }
    if let Some(wanted) = &then.location {
        let came = answer.header("location").unwrap_or("nowhere");
        if !path_fits(wanted, came, known) {
            found.push(format!("the location should be {wanted}, but is {came}"));
        }
    }
    let body = answer.json();
    found.extend(json(then, body.as_ref(), known));
    found.extend(problem(then, body.as_ref()));
    found.extend(sight(then, answer));
    found
}

fn json(then: &Then, body: Option<&Value>, known: &mut Bindings<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut against = |tree: &Option<Tree>, value: Option<&Value>, path: &str, found: &mut Vec<String>| {
        if let Some(tree) = tree {
            found.extend(compare(tree, value, path, known).iter().map(ToString::to_string));
        }
    };
    against(&then.body, body, "", &mut found);
    let items = body.and_then(|body| body.get("items").unwrap_or(body).as_array());
    against(&then.first, items.and_then(|items| items.first()), "the first item", &mut found);
    against(&then.last, items.and_then(|items| items.last()), "the last item", &mut found);
    let count = items.map(Vec::len);
    if then.count.is_some() && then.count != count {
        let (wanted, came) = (then.count.unwrap_or_default(), count.unwrap_or_default());
        found.push(format!("there should be {wanted} items, but there are {came}"));
    }
    if let Some(path) = &then.ordered {
        match items {
            None => found.push("there are no items to be ordered".to_owned()),
            Some(items) => found
                .extend(matching::disorder(items, path).map(|at| {
                    format!("items should descend by {path}, but items[{at}] and the next do not")
                })),
        }
    }
    for name in &then.absent {
        if body.is_some_and(|body| matching::occurs(body, name)) {
            found.push(format!("{name} should not be in the answer"));
        }
    }
    found
}

fn problem(then: &Then, body: Option<&Value>) -> Vec<String> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let code = text(body.and_then(|body| body.get("code")));
    let errors = body.and_then(|body| body.get("errors")).and_then(Value::as_array);
    let errors = errors.map(Vec::as_slice).unwrap_or_default();
    let all = |key: &str| errors.iter().filter_map(|error| text(error.get(key))).collect::<Vec<_>>();
    let mut found = Vec::new();
    if let Some(wanted) = &then.problem
        && code.as_ref() != Some(wanted)
        && !all("code").contains(wanted)
    {
        let came: Vec<_> = code.into_iter().chain(all("code")).collect();
        found.push(format!("the problem should be {wanted}, but is {}", or_nothing(&came)));
    }
    let fields = all("field");
    for wanted in then.field.iter().filter(|wanted| !fields.contains(wanted)) {
        found.push(format!("the problem should name the field {wanted}, but names {}", or_nothing(&fields)));
    }
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

fn or_nothing(words: &[String]) -> String {
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}
