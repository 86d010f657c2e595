//! Puts the document together: paths, schemas, and who may call what.

use axum::http::StatusCode;
use schemars::Schema;
use serde_json::{Map, Value, json};

use super::{Parameter, Schemas, Shape};
use crate::module::{ActionRecord, Face, Policy, Registry};

/// What the site is, for whoever opens the document first.
const ABOUT: &str = "A dating site for Sweden, Norway and Finland. Log in with `POST /api/session`, and send the \
    token as `Authorization: Bearer …`. Lists answer `{items, hasMore, next}`: give `next` as `from` to read on. \
    Refusals are problems (RFC 9457) with a stable `code`. What another member did arrives a moment later: \
    `Prefer: wait` makes a change answer after its effects.";

/// The document of everything that these modules offer to programs.
pub fn document(registry: &Registry) -> Value {
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    for record in registry.actions() {
        if let Some(shape) = record.shape {
            let operation = operation(record, shape(&mut schemas));
            let path = paths.entry(record.path.clone()).or_insert_with(|| json!({}));
            path[record.action.method.as_str().to_ascii_lowercase()] = operation;
        }
    }
    let of_programs =
        |spec: &str| registry.actions().iter().any(|a| a.module == spec && a.face == Face::Json);
    let tags = registry.modules().iter().filter(|spec| of_programs(spec.name));
    let tags: Vec<Value> =
        tags.map(|spec| json!({ "name": spec.name, "description": spec.purpose })).collect();
    json!({
        "openapi": "3.1.1",
        "info": { "title": "HappyPancake", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": { "schemas": schemas.named(), "securitySchemes": security_schemes() },
    })
}

/// The name of an operation, for generated clients: `flirt.sendFlirt`. It is the handler's in the sources: the file
/// of a slice, or the function where a file has several.
pub fn operation_id(record: &ActionRecord) -> String {
    let mut words = record.handler.rsplit("::");
    let function = words.next().unwrap_or_default();
    let verb = match function.strip_suffix("_json") {
        Some(verb) => verb,
        None => words.next().unwrap_or_default(),
    };
    format!("{}.{}", record.module, camel(verb))
}

/// `send_flirt` as `sendFlirt`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |whole, word| whole + &capital(word))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn operation(record: &ActionRecord, shape: Shape) -> Value {
    let mut operation = json!({
        "operationId": operation_id(record),
        "tags": [record.module],
        "summary": capital(record.action.says),
        "description": description(record),
        "security": security(record.action.policy),
        "responses": responses(&shape),
    });
    let parameters = parameters(record, shape.path, shape.query);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = shape.body {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body } } });
    }
    operation
}

/// Who may, and how often.
fn description(record: &ActionRecord) -> String {
    let who = match record.action.policy {
        Policy::Public => "For everybody.",
        Policy::Registered => "For whoever is logged in, approved or not.",
        Policy::Member => "For members.",
        Policy::Reviewer => "For reviewers.",
        Policy::Admin => "For admins.",
    };
    match record.limit() {
        Some(limit) => {
            let (count, seconds) = (limit.count, limit.window.as_secs());
            format!("{who} At most {count} times in {seconds} seconds (`{}`).", limit.name)
        }
        None => who.to_owned(),
    }
}

fn security(policy: Policy) -> Value {
    if policy == Policy::Public { json!([]) } else { json!([{ "token": [] }, { "cookie": [] }]) }
}

fn security_schemes() -> Value {
    json!({
        "token": { "type": "http", "scheme": "bearer", "description": "The `token` of `POST /api/session`." },
        "cookie": {
            "type": "apiKey", "in": "cookie", "name": "__Host-session",
            "description": "For pages of this very site; a site without https calls it `session`.",
        },
    })
}

fn parameters(record: &ActionRecord, path: Vec<Schema>, query: Vec<Parameter>) -> Vec<Value> {
    let names = record.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let path = names.zip(path).map(|(name, schema)| parameter("path", name, true, schema));
    let query = query.into_iter().map(|it| parameter("query", &it.name, it.required, it.schema));
    path.chain(query).collect()
}

/// What a schema says of itself is said of the parameter.
fn parameter(place: &str, name: &str, required: bool, mut schema: Schema) -> Value {
    let mut parameter = json!({ "name": name, "in": place, "required": required });
    if let Some(description) = schema.remove("description") {
        parameter["description"] = description;
    }
    parameter["schema"] = schema.into();
    parameter
}

fn responses(shape: &Shape) -> Value {
    let mut responses = Map::new();
    for answer in &shape.answers {
        let mut response = json!({ "description": answer.says });
        if let Some(body) = &answer.body {
            response["content"] = json!({ "application/json": { "schema": body } });
        }
        responses.insert(answer.status.to_string(), response);
    }
    debug_assert!(responses.keys().all(|status| status.parse::<StatusCode>().is_ok()));
    responses.into()
}
