//! Reads the schemas of an OpenAPI 3.1 document, as far as examples need them.

use serde_json::{Map, Value, json};

/// References that lead to references. The document's own have one.
const HOPS_MAX: usize = 8;

/// The schema of an answer, if the document has one.
pub(super) fn of_answer(document: &Value, method: &str, path: &str, status: u16) -> Option<Value> {
    let answers = document.get("paths")?.get(path)?.get(method.to_ascii_lowercase())?.get("responses")?;
    let answer = resolve(document, answers.get(status.to_string())?);
    let content = answer.get("content")?;
    Some(resolve(document, content.get("application/json")?.get("schema")?))
}

/// A schema with its reference followed, and the parts of `allOf` as one.
pub(super) fn resolve(document: &Value, schema: &Value) -> Value {
    let mut schema = schema;
    for _ in 0..HOPS_MAX {
        let Some(target) = schema.get("$ref").and_then(Value::as_str) else { break };
        match target.strip_prefix('#').and_then(|pointer| document.pointer(pointer)) {
            Some(found) => schema = found,
            None => break,
        }
    }
    let Some(parts) = schema.get("allOf").and_then(Value::as_array) else { return schema.clone() };
    let mut whole = schema.as_object().cloned().unwrap_or_default();
    whole.remove("allOf");
    for part in parts {
        if let Value::Object(part) = resolve(document, part) {
            merge(&mut whole, part);
        }
    }
    Value::Object(whole)
}

/// What both say of fields adds up; of everything else, what was said first holds.
fn merge(whole: &mut Map<String, Value>, part: Map<String, Value>) {
    for (key, value) in part {
        match (whole.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
            (Some(Value::Array(known)), Value::Array(more)) if key == "required" => known.extend(more),
            (Some(_), _) => {}
            (None, value) => {
                whole.insert(key, value);
            }
        }
    }
}

/// The choices of `oneOf` and `anyOf`; else the schema is its own only choice.
pub(super) fn choices(document: &Value, schema: &Value) -> Vec<Value> {
    let listed = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    match listed {
        Some(listed) => listed.iter().map(|choice| resolve(document, choice)).collect(),
        None => vec![schema.clone()],
    }
}

/// Whether a schema lets a value be null.
pub(super) fn nullable(document: &Value, schema: &Value) -> bool {
    choices(document, schema).iter().any(|choice| types(choice).contains(&"null"))
}

/// Its type, null left aside.
pub(super) fn kind(schema: &Value) -> &str {
    let named = types(schema).into_iter().find(|kind| *kind != "null");
    named.unwrap_or_else(|| match schema.get("properties") {
        Some(_) => "object",
        None if schema.get("enum").is_some() => "string",
        None => "null",
    })
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// What it is told apart by: `date-time`, or nothing.
pub(super) fn format(schema: &Value) -> &str {
    schema.get("format").and_then(Value::as_str).unwrap_or_default()
}

/// A field of it.
pub(super) fn property<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    schema.get("properties")?.get(name)
}

/// Whether an answer always has this field.
pub(super) fn requires(schema: &Value, name: &str) -> bool {
    schema.get("required").and_then(Value::as_array).is_some_and(|all| all.contains(&json!(name)))
}

/// Whether a value may stand here. Deep enough to choose between facts; no validator.
pub(super) fn fits(document: &Value, schema: &Value, value: &Value) -> bool {
    choices(document, schema).iter().any(|choice| {
        let listed = choice.get("enum").and_then(Value::as_array).is_none_or(|all| all.contains(value));
        let constant = choice.get("const").is_none_or(|only| only == value);
        listed && constant && types(choice).iter().any(|kind| is(kind, format(choice), value))
    })
}

fn is(kind: &str, format: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "string" => {
            value.as_str().is_some_and(|text| format != "uuid" || uuid::Uuid::parse_str(text).is_ok())
        }
        _ => false,
    }
}
