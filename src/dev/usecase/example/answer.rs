//! What a case expects, made whole: status, headers, and a body that fits.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::fill::{Fill, Root};
use super::{Request, Response, Sent, schema};
use crate::dev::usecase::model::{Call, Then, UseCase};
use crate::dev::usecase::names::{Bindings, capture, captures, stand_in};
use crate::dev::usecase::tree::{Field, Node, Tree};
use crate::dev::usecase::wire::inside;
use crate::kernel::problem::{self, Problem};

/// What was asked, and in which case.
pub(super) struct Asked<'a> {
    pub(super) case: &'a UseCase,
    pub(super) call: &'a Call,
    pub(super) request: &'a Request,
}

/// The answer; captures that are new are bound on the way.
pub(super) fn of(
    document: &Value,
    clock: DateTime<Utc>,
    asked: &Asked<'_>,
    then: &Then,
    known: &mut Bindings<'_>,
) -> Response {
    let status = then.status.first().copied().unwrap_or(StatusCode::OK.as_u16());
    let headers = then.headers.iter().map(|(name, value)| (name.to_lowercase(), header(value, known)));
    let mut headers: Vec<_> = headers.collect();
    headers.extend(then.location.iter().map(|path| ("location".to_owned(), location(path, known))));
    let refused = status >= 400;
    let path = asked.call.action.as_ref().map_or("", |action| action.path.as_str());
    let schema = schema::of_answer(document, asked.call.method.as_str(), path, status);
    let wanted = wanted(then);
    let sends = wanted.is_some() || schema.is_some();
    let body = (refused || sends).then(|| {
        let root = Root { asked: asked.request, caller: known.caller(&asked.call.actor), clock };
        let mut fill = Fill::new(document, known, root, &then.absent);
        let mut body = match (&wanted, refused) {
            (None, true) => json!({}),
            _ => fill.body(wanted.as_ref(), schema.as_ref()),
        };
        if refused && let Value::Object(said) = &mut body {
            let problem = refusal(asked, then, status);
            problem.into_iter().for_each(|(key, value)| {
                said.entry(key).or_insert(value);
            });
        }
        body
    });
    Response { status, headers, body }
}

/// Body, count and ends of the list as one expectation.
fn wanted(then: &Then) -> Option<Tree> {
    let line = then.line;
    let table = |fields| Tree { line, node: Node::Table(fields) };
    let items = then.body.as_ref().and_then(|body| body.get("items").unwrap_or(body).list());
    if then.count.is_none() && then.first.is_none() && then.last.is_none() {
        return then.body.clone();
    }
    let ends = usize::from(then.first.is_some()) + usize::from(then.last.is_some());
    let count = then.count.unwrap_or_else(|| items.map_or(ends, <[Tree]>::len));
    let mut items = items.map(<[Tree]>::to_vec).unwrap_or_default();
    items.resize_with(count, || table(Vec::new()));
    if let (Some(item), Some(first)) = (items.first_mut(), &then.first) {
        overlay(item, first);
    }
    if let (Some(item), Some(last)) = (items.last_mut(), &then.last) {
        overlay(item, last);
    }
    let items = Tree { line, node: Node::List(items) };
    if then.body.as_ref().is_some_and(|body| body.list().is_some()) {
        return Some(items);
    }
    let mut body = then.body.clone().unwrap_or_else(|| table(Vec::new()));
    overlay(&mut body, &table(vec![Field { line, key: "items".to_owned(), value: items }]));
    Some(body)
}

/// Adds what another expectation of the same thing says.
fn overlay(tree: &mut Tree, more: &Tree) {
    let (Node::Table(fields), Node::Table(others)) = (&mut tree.node, &more.node) else {
        *tree = more.clone();
        return;
    };
    for other in others {
        match fields.iter_mut().find(|field| field.key == other.key) {
            Some(field) => overlay(&mut field.value, &other.value),
            None => fields.push(other.clone()),
        }
    }
}

/// A final `*` stands for anything: a number does for limits and times.
fn header(written: &str, known: &mut Bindings<'_>) -> String {
    for name in captures(written) {
        if known.get(name).is_none() {
            known.bind(name, name.into());
        }
    }
    match written.strip_suffix('*') {
        Some(start) => format!("{start}1"),
        None => inside(written, known),
    }
}

fn location(written: &str, known: &mut Bindings<'_>) -> String {
    let segments = written.split('/').map(|segment| match capture(segment) {
        Some(name) => {
            if known.get(name).is_none() {
                known.bind(name, stand_in(name).to_string().into());
            }
            inside(segment, known)
        }
        None => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A refusal as RFC 9457 has it, in the words of whoever declared it. The case's name says why where nobody did.
fn refusal(asked: &Asked<'_>, then: &Then, status: u16) -> Map<String, Value> {
    let own = asked.call.action.as_ref().map(|record| record.action.refuses.as_slice()).unwrap_or_default();
    let declared = || own.iter().chain(problem::ALL);
    let usual = match status {
        422 => Some(&problem::INVALID),
        _ => declared().find(|it| it.status.as_u16() == status),
    };
    let said = then.problem.as_deref().or(usual.map(|it| it.code)).unwrap_or("refused");
    let name = format!("{}.", asked.case.name.trim_end_matches('.'));
    let says =
        |code: &str| declared().find(|it| it.code == code).map_or_else(|| name.clone(), |it| it.says.into());
    // Refused fields come together under one code; each has its own.
    let code = if then.field.is_empty() || status != 422 { said } else { problem::INVALID.code };
    let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let mut body = Map::from_iter([
        ("type".to_owned(), json!(format!("urn:happypancake:problem:{code}"))),
        ("title".to_owned(), json!(title.unwrap_or("Refused"))),
        ("status".to_owned(), json!(status)),
        ("detail".to_owned(), json!(says(code))),
        ("code".to_owned(), json!(code)),
        ("instance".to_owned(), json!(format!("urn:uuid:{}", stand_in("request")))),
    ]);
    let errors = then.field.iter().map(|field| {
        let code = if said == problem::INVALID.code { of_field(field, own, asked.request) } else { said };
        json!({ "field": field, "code": code, "detail": says(code) })
    });
    let errors: Vec<Value> = errors.collect();
    if !errors.is_empty() {
        body.insert("errors".to_owned(), errors.into());
    }
    body
}

/// Why a field may have been refused, where the case says only that it was.
fn of_field(field: &str, own: &[Problem], request: &Request) -> &'static str {
    let name = field.rsplit('.').next().unwrap_or(field);
    let of_name = |problem: &&Problem| {
        problem.status == StatusCode::UNPROCESSABLE_ENTITY && problem.code.contains(name)
    };
    let sent = request.query.iter().any(|(key, _)| key == field);
    let likely = match name {
        "max" => problem::OUT_OF_RANGE,
        "from" if sent => problem::NOT_A_CURSOR,
        _ if sent => problem::UNKNOWN_FIELD,
        _ if echo(request).contains_key(field) => problem::WRONG_TYPE,
        _ => problem::MISSING,
    };
    own.iter().find(of_name).map_or(likely.code, |problem| problem.code)
}

/// What an answer may repeat of its request.
pub(super) fn echo(request: &Request) -> Map<String, Value> {
    match &request.body {
        Sent::Json(Value::Object(fields)) => fields.clone(),
        _ => Map::new(),
    }
}
