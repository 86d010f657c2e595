//! Puts the document together: paths, schemas, and who may call what.

use std::mem::take;

use schemars::Schema;
use serde_json::{Map, Value, json};

use super::{Schemas, Shape, refusals};
use crate::kernel::module::{ActionRecord, Face, Policy, Registry};
use crate::web::render::ProblemBody;

/// What the site is, for whoever opens the document first.
const ABOUT: &str = "A dating site for Sweden, Norway and Finland. Log in with `POST /api/session`, and send the \
    token as `Authorization: Bearer …`. Lists answer `{items, hasMore, next}`: give `next` as `from` to read on. \
    Refusals are problems (RFC 9457) with a stable `code`. What another member did arrives a moment later: \
    `Prefer: wait` makes a change answer after its effects.";

/// Every answer has it.
const ALWAYS: &str = "X-Request-Id";

/// The document of everything that these modules offer to programs.
pub fn document(registry: &Registry) -> Value {
    let mut schemas = Schemas::default();
    // Every refusal has this body, whoever refuses.
    schemas.answer::<ProblemBody>();
    let mut paths = Map::new();
    for record in registry.actions() {
        if let Some(signature) = record.signature {
            let operation = operation(record, (signature.shape)(&mut schemas));
            let path = paths.entry(record.path.clone()).or_insert_with(|| json!({}));
            path[record.action.method.as_str().to_ascii_lowercase()] = operation;
        }
    }
    let of_programs =
        |spec: &str| registry.actions().iter().any(|a| a.module == spec && a.face == Face::Json);
    let tags = registry.modules().iter().filter(|spec| of_programs(spec.name));
    let tags: Vec<Value> =
        tags.map(|spec| json!({ "name": spec.name, "description": spec.purpose })).collect();
    let responses = share_responses(&mut paths);
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "HappyPancake", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas.named(),
            "responses": responses,
            "parameters": { "Prefer": prefer() },
            "headers": header_components(),
            "securitySchemes": security_schemes(),
        },
    })
}

/// Moves refusals with one code, which many operations have, to the components. Returns those.
fn share_responses(paths: &mut Map<String, Value>) -> Map<String, Value> {
    let mut shared = Map::new();
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(|path| path.values_mut());
    for responses in operations.filter_map(|operation| operation["responses"].as_object_mut()) {
        for response in responses.values_mut() {
            let codes =
                response.pointer("/content/application~1problem+json/schema/allOf/1/properties/code/enum");
            let Some([code]) = codes.and_then(Value::as_array).map(Vec::as_slice) else { continue };
            let Some(code) = code.as_str().filter(|code| !code.contains('.')) else { continue };
            let name = capital(&camel(&code.replace('-', "_")));
            let reference = json!({ "$ref": format!("#/components/responses/{name}") });
            shared.insert(name, std::mem::replace(response, reference));
        }
    }
    shared
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

fn operation(record: &ActionRecord, mut shape: Shape) -> Value {
    let mut operation = json!({
        "operationId": operation_id(record),
        "tags": [record.module],
        "summary": capital(record.action.says),
        "description": description(record),
        "security": security(record.action.policy),
        "responses": responses(record, &shape),
    });
    let parameters = parameters(record, &mut shape);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = shape.body {
        operation["requestBody"] = json!({ "required": true, "content": body.content() });
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

fn parameters(record: &ActionRecord, shape: &mut Shape) -> Vec<Value> {
    let names = record.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let path = names.zip(take(&mut shape.path)).map(|(name, schema)| parameter("path", name, true, schema));
    let others = [("query", take(&mut shape.query)), ("header", take(&mut shape.headers))];
    let others = others.into_iter().flat_map(|(place, list)| list.into_iter().map(move |it| (place, it)));
    let others = others.map(|(place, it)| parameter(place, &it.name, it.required, it.schema));
    let prefer = record.action.changes().then(|| json!({ "$ref": "#/components/parameters/Prefer" }));
    path.chain(others).chain(prefer).collect()
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

fn responses(record: &ActionRecord, shape: &Shape) -> Value {
    let mut responses = refusals::responses(&refusals::refusals(record, shape));
    let mut names = Vec::new();
    if record.limit().is_some() {
        names.extend(["RateLimit", "RateLimit-Policy"]);
    }
    if record.action.changes() {
        names.push("Preference-Applied");
    }
    for answer in &shape.answers {
        let mut response = json!({ "description": answer.says, "headers": headers(&names) });
        if let Some(body) = &answer.body {
            response["content"] = body.content();
        }
        responses.insert(answer.status.to_string(), response);
    }
    responses.into()
}

/// References to these headers, and to what every answer has.
pub(super) fn headers(names: &[&str]) -> Value {
    let reference =
        |name: &&str| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
    names.iter().chain([&ALWAYS]).map(reference).collect::<Map<_, _>>().into()
}

fn header_components() -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "RateLimit": text("What is left of the allowance, and seconds until it is whole again: `\"flirts\";r=99;t=86400`."),
        "RateLimit-Policy": text("The allowance: so many calls in so many seconds: `\"flirts\";q=100;w=86400`."),
        "Retry-After": {
            "description": "Seconds after which to try again.", "required": true,
            "schema": { "type": "integer", "minimum": 1 },
        },
        "Preference-Applied": text("`wait`: it was asked for, and all effects have arrived."),
        "WWW-Authenticate": {
            "description": "How to say who asks.", "required": true, "schema": { "const": "Bearer" },
        },
        ALWAYS: {
            "description": "The request's number. The log has it too.", "required": true,
            "schema": { "type": "string", "format": "uuid" },
        },
    })
}

/// RFC 7240. Who does not know a preference ignores it, and so does the site.
fn prefer() -> Value {
    json!({
        "name": "Prefer", "in": "header",
        "description": "`wait`: answer after the effects in other modules, a quarter of a second later at most. \
            `wait=2`: two seconds at most. Other preferences are ignored.",
        "schema": { "type": "string" }, "example": "wait",
    })
}
