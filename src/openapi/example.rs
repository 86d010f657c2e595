//! Puts examples into the document. Where they come from is not its business: use cases have them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One call that was made, and how it was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// Of which operation: its `operationId`.
    pub operation: String,
    /// What it shows: the use case's name.
    pub name: String,
    /// The body that is sent, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
    pub status: u16,
    /// The body that comes back, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
}

/// A line an example, as it is committed.
///
/// # Errors
/// If an example is no JSON, which cannot happen to one that was loaded.
pub fn lines(examples: &[Example]) -> Result<String, serde_json::Error> {
    let lines = examples.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("[\n{}\n]\n", lines.join(",\n")))
}

/// The document with examples at the bodies that they are of. One of an operation, a status or a body that the
/// document does not have is left out.
pub fn with_examples(mut document: Value, examples: &[Example]) -> Value {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flat_map(|paths| paths.values_mut());
    for operation in operations.filter_map(Value::as_object_mut).flat_map(|path| path.values_mut()) {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
        for example in examples.iter().filter(|example| example.operation == id) {
            // What is refused may be against the schema, and shows nobody how to ask.
            let request = example.request.as_ref().filter(|_| example.status < 400);
            add(operation.pointer_mut("/requestBody/content"), &example.name, request);
            let answer = format!("/responses/{}/content", example.status);
            add(operation.pointer_mut(&answer), &example.name, example.response.as_ref());
        }
    }
    document
}

/// Into every media type of a body; there is one.
fn add(content: Option<&mut Value>, name: &str, value: Option<&Value>) {
    let (Some(media), Some(value)) = (content.and_then(Value::as_object_mut), value) else { return };
    for media in media.values_mut() {
        media["examples"][key(name)] = json!({ "summary": name, "value": value });
    }
}

/// A component's name may hold little: `Flirting twice is one flirt` becomes `flirting-twice-is-one-flirt`.
fn key(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_at_the_bodies_that_they_are_of() {
        let operation = json!({
            "operationId": "flirt.sendFlirt",
            "requestBody": { "content": { "application/json": {} } },
            "responses": { "201": { "content": { "application/json": {} } }, "204": {} },
        });
        let document = json!({ "paths": { "/api/flirt": { "post": operation } } });
        let example = |status| Example {
            operation: "flirt.sendFlirt".into(),
            name: "A flirt, once".into(),
            request: Some(json!({ "a": 1 })),
            status,
            response: Some(json!({ "b": 2 })),
        };
        let made = with_examples(document, &[example(201), example(204), example(409)]);
        let at = |pointer: &str| made.pointer(&format!("/paths/~1api~1flirt/post{pointer}")).cloned();
        let one = "content/application~1json/examples/a-flirt-once";
        assert_eq!(at(&format!("/requestBody/{one}/value")), Some(json!({ "a": 1 })));
        assert_eq!(at(&format!("/responses/201/{one}/value")), Some(json!({ "b": 2 })));
        assert_eq!(at(&format!("/responses/201/{one}/summary")), Some(json!("A flirt, once")));
        assert_eq!(at("/responses/204"), Some(json!({})));
    }
}
