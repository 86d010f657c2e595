//! The document of the JSON API: whole, valid, and what the site serves.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use pancake::kernel::module::{ActionRecord, Face, Policy};
use pancake::modules;
use pancake::openapi::{document, operation_id, serve};
use serde_json::{Value, json};

use crate::contract::{CONTRACT, Came};
use crate::house::{Ask, House};
use crate::sources;

/// Every operation, with its path and method.
fn operations(document: &Value) -> BTreeMap<(String, String), &Value> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap();
        methods.iter().map(|(method, operation)| ((path.clone(), method.to_uppercase()), operation))
    });
    operations.collect()
}

fn json_actions() -> Vec<ActionRecord> {
    let actions = modules::registry().actions().to_vec();
    actions.into_iter().filter(|record| record.face == Face::Json).collect()
}

/// Every `$ref` below a value.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_json_action_is_an_operation() {
    let document = document(&modules::registry());
    let operations = operations(&document);
    let actions = json_actions();
    assert_eq!(operations.len(), actions.len());
    let mut ids = BTreeSet::new();
    for record in &actions {
        let operation = operations[&(record.path.clone(), record.action.method.to_string())];
        let id = operation["operationId"].as_str().unwrap();
        assert_eq!(id, operation_id(record));
        let (module, verb) = id.split_once('.').unwrap();
        assert_eq!(module, record.module);
        assert!(verb.len() > 3 && verb.bytes().all(|b| b.is_ascii_alphanumeric()), "{id}");
        assert!(ids.insert(id.to_owned()), "two operations are called {id}");
        let open = operation["security"].as_array().unwrap().is_empty();
        assert_eq!(open, record.action.policy == Policy::Public, "{id}");
    }
}

#[test]
fn every_operation_is_shown_by_use_cases() {
    let document = serve::served(&modules::registry());
    let shown = |operation: &Value| {
        let answers = operation["responses"].as_object().unwrap().values();
        let media = answers.filter_map(|answer| answer["content"].as_object()).flat_map(|it| it.values());
        media.filter_map(|media| media["examples"].as_object()).map(serde_json::Map::len).sum::<usize>()
    };
    let says_something = |operation: &Value| {
        let answers = operation["responses"].as_object().unwrap().iter();
        // A file has no example.
        let said = |answer: &Value| answer["content"]["application/json"].is_object();
        answers.filter(|(status, _)| status.starts_with('2')).any(|(_, answer)| said(answer))
    };
    let all = operations(&document);
    let bare: Vec<_> = all.into_iter().filter(|(_, it)| says_something(it) && shown(it) == 0).collect();
    assert!(bare.is_empty(), "no example of {:?}", bare.iter().map(|(title, _)| title).collect::<Vec<_>>());
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document = document(&modules::registry());
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    for kind in ["schemas", "parameters", "headers", "responses"] {
        let Some(components) = document["components"].get(kind).and_then(Value::as_object) else { continue };
        for name in components.keys() {
            assert!(found.contains(&format!("#/components/{kind}/{name}")), "nothing uses {kind}/{name}");
            assert!(!name.ends_with(|c: char| c.is_ascii_digit()), "two types want to be called {name}");
        }
    }
}

#[test]
fn every_parameter_of_a_path_is_described() {
    let document = document(&modules::registry());
    for ((path, _), operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let of_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
        let described: Vec<_> = of_path.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        let parts = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        assert_eq!(described, parts.collect::<Vec<_>>(), "{path}");
    }
}

#[test]
fn schemas_are_json_schemas() {
    let document = document(&modules::registry());
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        jsonschema::meta::validate(schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// Who names a problem has to be able to answer with it: `NAME.failure()`, `NAME.at(…)` or `NAME.saying(…)`.
#[test]
fn every_declared_problem_is_answered_with() {
    let sources = sources::all();
    let ours: Vec<_> = sources.iter().filter(|source| source.path.starts_with("src/")).collect();
    let mut declared = 0;
    for source in &ours {
        let web = source.path == "src/kernel/problem.rs";
        let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for line in &source.lines {
            let code = line.code().trim_start();
            let named = code.split_once(if web { " = " } else { ": Problem =" }).map(|(before, _)| before);
            let name = named.and_then(|before| before.split(' ').next_back()).unwrap_or_default();
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
                continue;
            }
            declared += 1;
            let uses = ["failure()", "at(", "saying("].map(|how| format!("{name}.{how}"));
            let place = if web { "src/" } else { folder };
            let mut places = ours.iter().filter(|it| it.path.starts_with(place));
            let used = places.any(|it| uses.iter().any(|how| it.has(how)));
            assert!(used, "{}:{}: nobody answers with {name}", source.path, line.number);
        }
    }
    assert!(declared > 40, "{declared}");
}

/// The comparison that every other test relies on finds what it is for.
#[test]
fn an_answer_that_is_not_as_documented_is_a_breach() {
    let id = "01890000-0000-7000-8000-000000000000";
    let breaches = |status: u16, kind: &'static str, body: Value| {
        let named = [("content-type", kind), ("x-request-id", id)];
        let headers =
            named.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let (headers, body) = (HeaderMap::from_iter(headers), body.to_string());
        let came = Came { status, headers: &headers, body: body.as_bytes() };
        CONTRACT.breaches("POST", &format!("/api/flirt/{id}"), &came)
    };
    let flirt = || json!({ "flirt": id, "to": id, "at": "2026-05-17T12:00:00Z" });
    let refused = |code: &str| {
        let said = json!({ "type": "", "title": "", "status": 409, "detail": "", "code": code });
        breaches(409, "application/problem+json", said)
    };
    assert_eq!(breaches(201, "application/json", flirt()), Vec::<String>::new());
    assert_eq!(refused("flirt.self"), Vec::<String>::new());
    let more = json!({ "flirt": id, "to": id, "at": "2026-05-17T12:00:00Z", "secret": 1 });
    for (what, found) in [
        ("a status", breaches(202, "application/json", flirt())),
        ("a type", breaches(201, "text/plain", flirt())),
        ("a missing field", breaches(201, "application/json", json!({ "flirt": id, "to": id }))),
        ("a form", breaches(201, "application/json", json!({ "flirt": id, "to": "otto", "at": "noon" }))),
        ("a field that no schema names", breaches(201, "application/json", more)),
        ("a code", refused("block.self")),
        ("a missing header", breaches(503, "application/problem+json", json!({}))),
    ] {
        assert!(!found.is_empty(), "{what} is not noticed");
    }
}

#[tokio::test]
async fn the_site_serves_it_and_a_client_may_keep_it() {
    let house = House::open("house_openapi", 80).await;
    let answer = house.ask(&Ask::get(serve::PATH), None).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let served: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(served, serve::served(&modules::registry()));
    let mut again = Ask::get(serve::PATH);
    again.headers.push(("if-none-match".into(), answer.header("etag").as_bytes().to_vec()));
    let answer = house.ask(&again, None).await;
    assert_eq!((answer.status, answer.body.len()), (304, 0));
    house.close().await;
}
