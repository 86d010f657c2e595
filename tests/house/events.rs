//! docs/events.md tells the truth of every event: its examples are as the schemas say, and every field is explained.

use std::collections::BTreeSet;
use std::path::Path;

use jsonschema::validator_for;
use pancake::dev::usecase::events::{Samples, samples};
use pancake::modules;
use pancake::openapi::alone;
use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn newest() -> Samples {
    samples(&Path::new(ROOT).join("tests/samples/events"), &modules::registry()).unwrap()
}

#[test]
fn every_example_is_as_its_schema_says() {
    let (registry, newest) = (modules::registry(), newest());
    for event in registry.events() {
        let schema = Value::from((event.schema)(alone()));
        let validator = validator_for(&schema).unwrap();
        let mut sample = newest[event.name].clone();
        assert!(validator.is_valid(&sample), "{}: {sample} is not {schema}", event.name);
        // A program that reads by the schema must not stumble over what is added one day.
        sample["addedOneDay"] = json!(1);
        assert!(validator.is_valid(&sample), "{}: {schema} allows nothing new", event.name);
        let needed = schema["required"].as_array().expect("an event has fields");
        for name in needed.iter().filter_map(Value::as_str) {
            let mut less = sample.clone();
            less.as_object_mut().unwrap().remove(name);
            assert!(!validator.is_valid(&less), "{}: {name} may be missing", event.name);
        }
    }
}

#[test]
fn every_field_is_explained() {
    for event in modules::registry().events() {
        let schema = Value::from((event.schema)(alone()));
        assert!(schema["description"].is_string(), "{} says nothing", event.name);
        for (name, field) in schema["properties"].as_object().unwrap() {
            assert!(field["description"].is_string(), "{name} of {} says nothing", event.name);
        }
    }
}

#[test]
fn the_page_has_every_event_and_no_other() {
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/events.md")).unwrap();
    let told: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    let registry = modules::registry();
    let events: BTreeSet<&str> = registry.events().map(|event| event.name).collect();
    assert_eq!(told, events, "./r test --bless writes docs/events.md anew");
}
