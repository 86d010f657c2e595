//! How an action refuses: what follows from its policy, its limit and its inputs, and what its slice adds.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Shape;
use crate::kernel::module::{ActionRecord, Face, Policy};
use crate::kernel::problem::{self, Problem};

/// Everything that an action may be refused for, in the order of status and code. Faults of ours are not planned.
pub fn refusals(record: &ActionRecord, shape: &Shape) -> Vec<Problem> {
    let mut found = vec![
        problem::BAD_HOST,
        problem::BAD_LENGTH,
        problem::ADDRESS_TOO_LONG,
        problem::EXPECTATION_FAILED,
        problem::BUSY,
        problem::TOO_MANY_AT_ONCE,
    ];
    let policy = record.action.policy;
    if policy != Policy::Public {
        found.push(problem::UNAUTHENTICATED);
    }
    if policy > Policy::Registered {
        found.push(problem::NOT_APPROVED);
    }
    if policy > Policy::Member {
        found.push(problem::ROLE_MISSING);
    }
    if record.action.changes() {
        found.extend([
            problem::PARTIAL,
            problem::CROSS_SITE,
            problem::TOO_SLOW,
            problem::PRECONDITION_FAILED,
            problem::BODY_TOO_LARGE,
            problem::ENCODED,
        ]);
    }
    if record.action.leaves_trace {
        let elsewhere = match record.face {
            Face::Page => problem::FROM_ELSEWHERE,
            Face::Json => problem::CROSS_SITE,
        };
        found.extend([problem::FETCHED_AHEAD, elsewhere]);
    }
    if record.limit().is_some() {
        found.push(problem::TOO_MANY);
    }
    found.extend(shape.problems.iter().chain(&record.action.refuses));
    found.sort_by_key(|problem| (problem.status.as_u16(), problem.code));
    found.dedup();
    found
}

/// A response for each status.
pub(super) fn responses(problems: &[Problem]) -> Map<String, Value> {
    let mut of_status: BTreeMap<StatusCode, Vec<&Problem>> = BTreeMap::new();
    for problem in problems {
        of_status.entry(problem.status).or_default().push(problem);
    }
    of_status
        .into_iter()
        .map(|(status, problems)| (status.as_str().to_owned(), response(status, &problems)))
        .collect()
}

fn response(status: StatusCode, problems: &[&Problem]) -> Value {
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    let lines: Vec<String> =
        problems.iter().map(|problem| format!("`{}`: {}", problem.code, problem.says)).collect();
    let narrower = if status == StatusCode::UNPROCESSABLE_ENTITY {
        let errors = json!({ "minItems": 1, "items": { "properties": { "code": { "enum": codes } } } });
        let code = json!({ "const": problem::INVALID.code });
        json!({ "properties": { "status": { "const": 422 }, "code": code, "errors": errors }, "required": ["errors"] })
    } else {
        json!({ "properties": { "status": { "const": status.as_u16() }, "code": { "enum": codes } } })
    };
    let schema = json!({ "allOf": [{ "$ref": "#/components/schemas/Problem" }, narrower] });
    json!({
        "description": lines.join("\n\n"),
        "headers": headers(status),
        "content": { "application/problem+json": { "schema": schema } },
    })
}

fn headers(status: StatusCode) -> Value {
    let names: &[&str] = match status {
        StatusCode::UNAUTHORIZED => &["WWW-Authenticate"],
        StatusCode::TOO_MANY_REQUESTS => &["Retry-After", "RateLimit", "RateLimit-Policy"],
        StatusCode::SERVICE_UNAVAILABLE => &["Retry-After"],
        _ => &[],
    };
    super::document::headers(names)
}
