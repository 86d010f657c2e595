//! What was ever published can still be read, and whoever listens to more says since when.
//!
//! `tests/samples/events/<source>.jsonl` has a line for every version of every event: lines are added, never
//! changed. `tests/samples/subscriptions.txt` has a line for every listener to another module's event.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use pancake::kernel::module::Registry;
use pancake::modules;
use serde_json::Value;

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    event: String,
    payload: Value,
}

#[test]
fn every_version_of_every_event_can_be_read() {
    let registry = modules::registry();
    let mut faults = Vec::new();
    let mut newest: BTreeMap<String, Value> = BTreeMap::new();
    for source in registry.modules() {
        let file = Path::new(SAMPLES).join(format!("events/{}.jsonl", source.name));
        let text = fs::read_to_string(&file).unwrap_or_default();
        for line in text.lines() {
            let Sample { event, payload } = serde_json::from_str(line).unwrap();
            let Some(record) = registry.event(&event).filter(|record| record.source == source.name) else {
                faults.push(format!("{event} is no event of {} any more, but journals have it", source.name));
                continue;
            };
            match (record.parse)(&payload).map(|parsed| parsed.json()) {
                Ok(Ok(json)) if holds(&json, &payload) => drop(newest.insert(event, payload)),
                Ok(Ok(json)) => faults.push(format!("{event} has lost a part of {payload}: {json}")),
                Ok(Err(error)) | Err(error) => faults.push(format!("{event}: {error} in {payload}")),
            }
        }
    }
    for record in registry.events() {
        let Some(sample) = newest.get(record.name) else {
            faults.push(format!("{} has no sample in {SAMPLES}/events/{}.jsonl", record.name, record.source));
            continue;
        };
        let json = (record.parse)(sample).unwrap().json().unwrap();
        if !holds(sample, &json) {
            faults.push(format!("{} has fields that no sample has: add a line with {json}", record.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// True if `whole` has everything that `part` has, with the same values.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|other| holds(other, value)))
        }
        (whole, part) => whole == part,
    }
}

#[test]
fn who_listens_to_more_says_since_when() {
    let file = Path::new(SAMPLES).join("subscriptions.txt");
    let known: BTreeSet<String> =
        fs::read_to_string(&file).unwrap_or_default().lines().map(str::to_owned).collect();
    let now = subscriptions(&modules::registry());
    let faults = differences(&known, &now);
    assert!(faults.is_empty(), "{}:\n{}", file.display(), faults.join("\n"));
}

#[test]
fn a_listener_that_forgets_to_say_since_when_is_found() {
    let set = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<BTreeSet<_>>();
    let known = set(&["alerts flirt flirt-sent 1", "alerts like photo-liked 1"]);
    let with = |line: &str| differences(&known, &known.union(&set(&[line])).cloned().collect()).join("\n");
    assert!(with("alerts flirt flirt-answered 1").contains("listens_since(2, …)"));
    assert!(with("alerts flirt flirt-answered 2").contains("add the line"));
    assert!(with("chat flirt flirt-sent 1").contains("add the line"));
    assert!(
        differences(&known, &set(&["alerts flirt flirt-sent 1"])).join("\n").contains("take the line out")
    );
    assert!(differences(&known, &known).is_empty());
}

/// `alerts flirt flirt-sent 1`: consumer, source, event, the version that brought it.
fn subscriptions(registry: &Registry) -> BTreeSet<String> {
    let foreign = registry.listeners().iter().filter(|record| record.module != record.source);
    foreign.map(|it| format!("{} {} {} {}", it.module, it.source, it.event, it.since)).collect()
}

fn differences(known: &BTreeSet<String>, now: &BTreeSet<String>) -> Vec<String> {
    let split = |line: &str| {
        let mut words = line.split(' ');
        let pair = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
        (pair, words.next_back().and_then(|since| since.parse::<i32>().ok()).unwrap_or_default())
    };
    let greatest = |pair: &(String, String)| {
        known.iter().map(|line| split(line)).filter(|(other, _)| other == pair).map(|(_, since)| since).max()
    };
    let added = now.difference(known).map(|line| {
        let (pair, since) = split(line);
        match greatest(&pair) {
            Some(last) if since <= last => format!(
                "{line}: {} reads {} already, so this needs at.listens_since({}, …), or nobody ever hands it \
                 what came before",
                pair.0,
                pair.1,
                last + 1
            ),
            _ => format!("{line}: new; add the line"),
        }
    });
    let gone = known.difference(now).map(|line| {
        format!("{line}: nobody listens so any more; take the line out, and leave the versions of the others as they are")
    });
    added.chain(gone).collect()
}
