//! Examples of a site with toys, described by a small document.

use serde_json::{Value, json};

use super::*;
use crate::dev::usecase::tests::only;

fn document() -> Value {
    let uuid = json!({ "type": "string", "format": "uuid" });
    let toy = json!({
        "type": "object",
        "required": ["toy", "member", "nickname", "age", "at", "colour", "note", "price"],
        "properties": {
            "toy": uuid, "member": uuid, "nickname": { "type": "string" }, "age": { "type": "integer" },
            "at": { "type": "string", "format": "date-time" }, "colour": { "enum": ["red", "blue"] },
            "note": { "type": ["string", "null"] }, "price": { "type": "integer", "minimum": 3 },
            "hidden": { "type": "string" },
        },
    });
    let list = json!({
        "type": "object",
        "required": ["items", "hasMore"],
        "properties": {
            "items": { "type": "array", "items": { "$ref": "#/components/schemas/Toy" } },
            "hasMore": { "type": "boolean" }, "next": { "type": ["string", "null"] },
        },
    });
    let answer = |schema: Value| json!({ "content": { "application/json": { "schema": schema } } });
    json!({
        "paths": { "/api/letterbox": { "get": { "responses": { "200": answer(list) } } } },
        "components": { "schemas": { "Toy": toy } },
    })
}

fn told(text: &str) -> Vec<Example> {
    examples(&only(text), &document())
}

#[test]
fn an_answer_is_whole_and_of_one_piece() {
    let told = told(
        "name = \"A list\"\nwhen = \"GET /api/letterbox as bob\"\n\
         then = { count = 2, first = { nickname = \"ann\" }, body = { hasMore = true } }",
    );
    let body = told[0].response.body.as_ref().unwrap();
    let (first, second) = (&body["items"][0], &body["items"][1]);
    assert_eq!(first["member"], "00000000-0000-7000-8000-000000000002");
    assert_eq!((&first["age"], &first["colour"], &first["price"]), (&json!(25), &json!("red"), &json!(3)));
    assert_eq!((&first["note"], first.get("hidden")), (&Value::Null, None));
    assert_eq!(first["at"], "2026-06-01T12:00:00Z");
    assert_eq!(second["at"], "2026-06-01T11:59:00Z");
    assert_ne!(first["toy"], second["toy"]);
    assert!(body["next"].is_string(), "{body}");
}

#[test]
fn a_capture_is_one_value_in_all_steps() {
    let told = told(
        "name = \"Pages\"\n\
         [[step]]\nwhen = \"GET /api/letterbox?max=1 as bob\"\nthen = { count = 1, first = { toy = \"$toy\" }, \
         body = { hasMore = true, next = \"$next\" } }\n\
         [[step]]\nwhen = \"GET /api/letterbox?from=$next as bob\"\nthen = { first = { toy = \"$toy\" } }",
    );
    let body = |at: usize| told[at].response.body.as_ref().unwrap();
    assert_eq!(told[1].request.query, [("from".to_owned(), body(0)["next"].as_str().unwrap().to_owned())]);
    assert_eq!(body(0)["items"][0]["toy"], body(1)["items"][0]["toy"]);
    assert_eq!((told[0].label().as_str(), told[1].label().as_str()), ("Pages", "Pages#2"));
}

#[test]
fn a_refusal_is_a_problem() {
    let told = told(
        "name = \"Too many\"\nwhen = \"GET /api/letterbox?max=101 as nobody\"\n\
         then = { status = 422, problem = \"toys.too-many\", field = \"max\" }",
    );
    assert_eq!(told[0].actor, None);
    let problem = told[0].response.body.as_ref().unwrap();
    assert_eq!((&problem["status"], &problem["code"]), (&json!(422), &json!("invalid")));
    assert_eq!(
        problem["errors"],
        json!([{ "field": "max", "code": "toys.too-many", "detail": "Too many." }])
    );
}
