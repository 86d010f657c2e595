//! The site keeps to its document: every JSON answer has a documented status, and a body of the documented schema.
//!
//! It is stricter than the document, which lets answers grow: a field that no schema names is a fault here.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use axum::http::HeaderMap;
use jsonschema::Validator;
use pancake::kernel::module::Registry;
use pancake::modules;
use pancake::openapi::document;
use serde_json::{Map, Value, json};

/// The document of the site, compiled once: that takes seconds, and 140 MB while each status had a validator of its own.
pub(crate) static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::of(&modules::registry()));

/// The answers that each action may give.
pub(crate) struct Contract {
    operations: Vec<Operation>,
}

struct Operation {
    method: String,
    /// `/api/flirt/{member}`
    path: String,
    answers: BTreeMap<u16, Documented>,
}

/// By the text of the schema: most refusals have the same.
type Validators = BTreeMap<String, Arc<Validator>>;

/// One status of one action.
struct Documented {
    /// Type and schema of the body, where there is one.
    body: Option<(String, Arc<Validator>)>,
    /// Headers that are always there.
    headers: Vec<String>,
}

impl Contract {
    /// # Panics
    /// When the document is no OpenAPI document.
    fn of(registry: &Registry) -> Self {
        let mut document = document(registry);
        close(&mut document["components"]["schemas"]);
        let (mut operations, mut validators) = (Vec::new(), Validators::new());
        for (path, methods) in document["paths"].as_object().expect("there are paths") {
            for (method, operation) in methods.as_object().expect("there are methods") {
                let responses = operation["responses"].as_object().expect("there are responses");
                let answers = responses.iter().map(|(status, response)| {
                    (
                        status.parse().expect("a status is a number"),
                        Documented::of(&document, response, &mut validators),
                    )
                });
                let answers = answers.collect();
                operations.push(Operation { method: method.to_uppercase(), path: path.clone(), answers });
            }
        }
        // The most literal path comes first, as it does for the router.
        operations.sort_by_key(|operation| operation.path.matches('{').count());
        Self { operations }
    }

    /// What an answer says that the document does not. No answer of a page is in it.
    pub(crate) fn breaches(&self, method: &str, target: &str, answer: &Came<'_>) -> Vec<String> {
        let path = target.split('?').next().unwrap_or_default();
        // As the router does: first the path, then the method.
        let Some(route) = self.operations.iter().find(|it| fits(&it.path, path)) else { return Vec::new() };
        let asked = self.operations.iter().find(|it| it.method == method && it.path == route.path);
        let Some(operation) = asked else { return Vec::new() };
        let Some(documented) = operation.answers.get(&answer.status) else {
            return vec![format!("{} is no documented status of {method} {}", answer.status, operation.path)];
        };
        documented.breaches(answer)
    }
}

/// What came back.
pub(crate) struct Came<'a> {
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// Whether a route is for this path.
fn fits(route: &str, path: &str) -> bool {
    route.split('/').count() == path.split('/').count()
        && route.split('/').zip(path.split('/')).all(|(part, came)| part.starts_with('{') || part == came)
}

impl Documented {
    fn of(document: &Value, response: &Value, validators: &mut Validators) -> Self {
        let response = resolved(document, response);
        let body = response["content"].as_object().and_then(|content| content.iter().next());
        let body = body.map(|(kind, media)| {
            let validator = validators.entry(media["schema"].to_string()).or_insert_with(|| {
                let mut schema = media["schema"].clone();
                // References look for their components beside the schema.
                schema["components"] = json!({ "schemas": document["components"]["schemas"] });
                let options = jsonschema::options().should_validate_formats(true);
                Arc::new(options.build(&schema).expect("the schema is one"))
            });
            (kind.clone(), validator.clone())
        });
        let headers = response["headers"].as_object().into_iter().flatten();
        let needed = headers.filter(|(_, header)| resolved(document, header)["required"] == true);
        Self { body, headers: needed.map(|(name, _)| name.clone()).collect() }
    }

    fn breaches(&self, answer: &Came<'_>) -> Vec<String> {
        let missing = self.headers.iter().filter(|name| !answer.headers.contains_key(*name));
        let mut found: Vec<String> =
            missing.map(|name| format!("the documented header {name} is missing")).collect();
        let Some((kind, schema)) = &self.body else {
            if !answer.body.is_empty() {
                found.push(format!("no body is documented for {}", answer.status));
            }
            return found;
        };
        if answer.headers.get("content-type").is_none_or(|came| came != kind) {
            found.push(format!("the type {kind} is documented"));
        }
        let body = serde_json::from_slice(answer.body).unwrap_or(Value::Null);
        let errors = schema.iter_errors(&body);
        found.extend(
            errors.map(|error| format!("not as documented: {error} at \"{}\"", error.instance_path())),
        );
        found
    }
}

/// What a reference leads to.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let Some(reference) = value["$ref"].as_str() else { return value };
    document.pointer(reference.trim_start_matches('#')).expect("a reference leads somewhere")
}

/// No object may have a field that is not named.
fn close(schemas: &mut Value) {
    let schemas: &mut Map<String, Value> = schemas.as_object_mut().expect("there are schemas");
    for schema in schemas.values_mut().filter(|schema| schema["properties"].is_object()) {
        schema["additionalProperties"] = json!(false);
    }
}
