//! docs/events.md: every event with its schema, an example, who publishes it, who hears it, and which use cases
//! prove that. Generated, committed and checked, as usecases/BOOK.md is. The page begins with how a program in
//! another language reads them all.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use serde::Deserialize;
use serde_json::Value;

use super::graph::{Graph, graph};
use super::model::UseCase;
use crate::kernel::module::{EventRecord, Registry};
use crate::openapi;

/// What is on top.
const INTRODUCTION: &str = include_str!("events/introduction.md");
/// The program in it.
const CONSUMER: &str = include_str!("events/consume.py");
/// Use cases that are named one by one.
const NAMED_MAX: usize = 4;

/// The newest example of each event, by name.
pub type Samples = BTreeMap<String, Value>;

/// Reads `<source>.jsonl` in a folder: a line for every version of every event, the newest last.
///
/// # Errors
/// If the folder or one of its files cannot be read.
pub fn samples(folder: &Path, registry: &Registry) -> io::Result<Samples> {
    #[derive(Deserialize)]
    struct Sample {
        event: String,
        payload: Value,
    }
    let mut samples = Samples::new();
    for spec in registry.modules() {
        let text = match fs::read_to_string(folder.join(format!("{}.jsonl", spec.name))) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        for line in text.lines() {
            let Sample { event, payload } = serde_json::from_str(line)?;
            samples.insert(event, payload);
        }
    }
    Ok(samples)
}

/// The whole page.
pub fn events(registry: &Registry, cases: &[UseCase], samples: &Samples) -> String {
    let mut text = INTRODUCTION.replace("{consumer}", CONSUMER.trim_end());
    let graph = graph(registry, cases, None);
    for spec in registry.modules() {
        let own: Vec<_> = registry.events().filter(|event| event.source == spec.name).collect();
        if own.is_empty() {
            continue;
        }
        text.push_str(&format!("\n## {}\n\n{}\n", spec.name, spec.purpose));
        let page = Page { registry, cases, graph: &graph };
        own.iter().for_each(|event| text.push_str(&page.told(event, samples.get(event.name))));
    }
    text
}

/// What the page is made of.
struct Page<'p> {
    registry: &'p Registry,
    cases: &'p [UseCase],
    graph: &'p Graph,
}

impl Page<'_> {
    fn told(&self, event: &EventRecord, sample: Option<&Value>) -> String {
        let mut schema = Value::from((event.schema)(openapi::alone()));
        // It is the text above it.
        let says = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let says = says.as_ref().and_then(Value::as_str).unwrap_or_default();
        let mut text = format!("\n### `{}`\n\n{says}\n\n", event.name);
        text.push_str(&format!("- Routing key: `{}.{}`\n", event.source, event.name));
        if let Some(key) = sample.and_then(|sample| key(event, sample)) {
            text.push_str(&format!("- In order for each `{key}`\n"));
        }
        let kept =
            event.retention.map(|age| format!("{} days, and until everybody has read it", age.num_days()));
        text.push_str(&format!("- In the journal: {}\n", kept.unwrap_or_else(|| "for ever".to_owned())));
        text.push_str(&format!("- Published by: {}\n", self.publishers(event)));
        text.push_str(&self.listeners(event));
        if let Some(sample) = sample {
            text.push_str(&format!("\n```json\n{sample}\n```\n"));
        }
        // A schema always encodes.
        let schema = serde_json::to_string_pretty(&schema).unwrap_or_default();
        text + &format!("\nIts schema:\n\n```json\n{schema}\n```\n")
    }

    /// The module, what of it the use cases have seen to publish it, and which did.
    fn publishers(&self, event: &EventRecord) -> String {
        if !event.published {
            return format!("nobody, until `{}` is built as far; use cases play it", event.source);
        }
        let from = self.graph.edges.iter().filter(|edge| edge.to == event.name && edge.from != event.source);
        let from: Vec<String> = from.map(|edge| format!("`{}`", edge.from)).collect();
        let from = if from.is_empty() { String::new() } else { format!(", {}", from.join(", ")) };
        let expects = |case: &&UseCase| case.expected_events().any(|it| it.record.name == event.name);
        format!("`{}`{from}{}", event.source, shortened(self.cases.iter().filter(expects)))
    }

    /// A line for each module with the listeners that it has for the event, and its use cases that give it.
    fn listeners(&self, event: &EventRecord) -> String {
        let mut heard: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for record in self.registry.listeners().iter().filter(|record| record.event == event.name) {
            heard.entry(record.module).or_default().push(record.name);
        }
        if heard.is_empty() {
            return "- Heard by: nobody\n".to_owned();
        }
        let line = |(module, names): (&&str, &Vec<&str>)| {
            let gives = |case: &&UseCase| {
                case.module == *module && case.given_events().any(|it| it.record.name == event.name)
            };
            let proofs = if *module == event.source {
                String::new()
            } else {
                shortened(self.cases.iter().filter(gives))
            };
            format!("- Heard by: `{module}`, {}{proofs}\n", names.join(", "))
        };
        heard.iter().map(line).collect()
    }
}

/// The first few, after a colon.
fn shortened<'c>(cases: impl Iterator<Item = &'c UseCase>) -> String {
    let names: Vec<String> = cases.map(|case| format!("*{}*", case.name)).collect();
    let first = names.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join("; ");
    match names.len() {
        0 => String::new(),
        1..=NAMED_MAX => format!(": {first}"),
        all => format!(": {first}; and {} more", all - NAMED_MAX),
    }
}

/// The field that the key is, in an example of which no two ids are the same.
fn key(event: &EventRecord, sample: &Value) -> Option<String> {
    let key = (event.parse)(sample).ok()?.key().to_string();
    let fields = sample.as_object()?;
    fields.iter().find(|(_, value)| value.as_str() == Some(&key)).map(|(name, _)| name.clone())
}
