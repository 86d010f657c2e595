//! Use cases as examples: each call to `/api` with the whole answer that it gets.
//!
//! A case says only what matters to it. Here names become ids, captures become values that follow from their
//! names, and what the answer's schema requires beyond that is added: made up, but the same every time. So an
//! example always fits its own case, and never needs a server.

mod answer;
mod fill;
mod schema;

use axum::http::Method;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::check;
use super::load::UseCases;
use super::matching::compare;
use super::model::{Body, Call, Caller, EventText, Given, Step, Then, UseCase, When};
use super::names::{Bindings, capture, captures, stand_in};
use super::time::NOON;
use super::wire::{Wire, is_api};
use crate::kernel::module::ActionRecord;
use crate::openapi;

/// One call of a use case, complete.
#[derive(Debug, Clone)]
pub struct Example {
    pub module: &'static str,
    /// The use case's name.
    pub usecase: String,
    /// Which of the case's calls to the API, from 1.
    pub number: usize,
    /// The nickname of who calls; None is nobody.
    pub actor: Option<String>,
    /// What offers it; None while no module does.
    pub action: Option<ActionRecord>,
    /// The path with its parameters as a pattern: `/api/flirt/{member}`.
    pub pattern: String,
    pub request: Request,
    pub response: Response,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub method: Method,
    /// Without the query.
    pub path: String,
    pub query: Vec<(String, String)>,
    /// Without those that say who calls and what the body is.
    pub headers: Vec<(String, String)>,
    pub body: Sent,
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    Nothing,
    Json(Value),
    /// What cannot be read, or is no JSON.
    Bytes(Vec<u8>),
}

/// What comes back.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Option<Value>,
}

impl Example {
    /// The case's name; with a number where it is not the first call of its case.
    pub fn label(&self) -> String {
        match self.number {
            1 => self.usecase.clone(),
            number => format!("{}#{number}", self.usecase),
        }
    }

    /// Path and query.
    pub fn target(&self) -> String {
        let Request { path, query, .. } = &self.request;
        if query.is_empty() {
            return path.clone();
        }
        format!("{path}?{}", serde_urlencoded::to_string(query).unwrap_or_default())
    }
}

/// All calls to the API of all use cases, in their order. `document` describes the API (OpenAPI 3.1).
pub fn examples(usecases: &UseCases, document: &Value) -> Vec<Example> {
    usecases.cases.iter().flat_map(|case| Teller::of(usecases, document).case(case)).collect()
}

/// For the API's document: those of actions that it describes.
pub fn of_operations(examples: &[Example]) -> Vec<openapi::Example> {
    let described = examples.iter().filter_map(|example| Some((example, example.action.as_ref()?)));
    let all = described.map(|(example, action)| openapi::Example {
        operation: openapi::operation_id(action),
        name: example.label(),
        request: match &example.request.body {
            Sent::Json(body) => Some(body.clone()),
            Sent::Nothing | Sent::Bytes(_) => None,
        },
        status: example.response.status,
        response: example.response.body.clone(),
    });
    all.collect()
}

/// Tells one case from its beginning, and remembers what its captures stand for.
struct Teller<'t> {
    document: &'t Value,
    known: Bindings<'t>,
    clock: DateTime<Utc>,
}

impl<'t> Teller<'t> {
    fn of(usecases: &'t UseCases, document: &'t Value) -> Self {
        Self { document, known: Bindings::new(&usecases.cast), clock: NOON }
    }

    fn case(mut self, case: &UseCase) -> Vec<Example> {
        self.past(case, &case.given);
        let mut told = Vec::new();
        for Step { later, when, meanwhile, then, .. } in &case.steps {
            self.clock += *later;
            self.past(case, meanwhile);
            match when {
                When::Call(call) if is_api(&call.path) => {
                    let request = self.request(call);
                    let response = self.answer(case, call, &request, then);
                    told.push(self.example(case, told.len() + 1, call, (request, response)));
                }
                When::Call(_) | When::Press(_) | When::Event(_) | When::Stream(_) => {
                    self.learn(&then.events);
                }
            }
        }
        told
    }

    /// What the calls before bind, and those of a meanwhile: they are no examples themselves.
    fn past(&mut self, case: &UseCase, given: &[Given]) {
        for given in given {
            if let Given::Call(past) = given {
                let request = self.request(&past.call);
                past.then.iter().for_each(|then| {
                    self.answer(case, &past.call, &request, then);
                });
            }
        }
    }

    fn example(
        &self,
        case: &UseCase,
        number: usize,
        call: &Call,
        (request, response): (Request, Response),
    ) -> Example {
        Example {
            module: case.module,
            usecase: case.name.clone(),
            number,
            actor: bearer(&call.actor),
            action: call.action.clone(),
            pattern: call.action.as_ref().map_or_else(|| self.pattern(&call.path), |it| it.path.clone()),
            request,
            response,
        }
    }

    /// The request, with a stand-in for whatever nothing has bound by now: a page may have, or an event.
    fn request(&mut self, call: &Call) -> Request {
        let mut words: Vec<&str> = call.path.split('/').collect();
        words.extend(call.query.iter().map(|(_, value)| value.as_str()));
        words.extend(call.headers.iter().map(|(_, value)| value.as_str()));
        if let Body::Json(tree) = &call.body {
            tree.each_text(None, &mut |_, text| words.extend(text.text()));
        }
        for name in words.into_iter().flat_map(captures) {
            self.stand_in(name);
        }
        if let Caller::Captured(name) = &call.actor {
            self.stand_in(name);
        }
        let wire = Wire::of(call, &self.known);
        let (path, query) = wire.target.split_once('?').unwrap_or((&wire.target, ""));
        let body = match serde_json::from_slice(&wire.body) {
            _ if wire.body.is_empty() => Sent::Nothing,
            Ok(json) => Sent::Json(json),
            Err(_) => Sent::Bytes(wire.body.clone()),
        };
        Request {
            method: wire.method.clone(),
            path: path.to_owned(),
            query: serde_urlencoded::from_str(query).unwrap_or_default(),
            headers: wire.headers.iter().filter(|(name, _)| name != "content-type").cloned().collect(),
            body,
        }
    }

    fn stand_in(&mut self, name: &str) {
        if self.known.get(name).is_none() {
            self.known.bind(name, stand_in(name).to_string().into());
        }
    }

    fn answer(&mut self, case: &UseCase, call: &Call, request: &Request, then: &Then) -> Response {
        let asked = answer::Asked { case, call, request };
        let response = answer::of(self.document, self.clock, &asked, then, &mut self.known);
        self.learn(&then.events);
        response
    }

    /// Binds what only an event names: the new member of an application, say.
    fn learn(&mut self, events: &[EventText]) {
        for event in events {
            if let Ok((fields, _)) = check::parse(self.known.cast, event) {
                // What is bound already may differ from the stand-ins of this reading, and stays.
                let _ = compare(&event.fields, Some(&fields), "", &mut self.known);
            }
        }
    }

    /// Of an action that no module offers yet: names and captures are its parameters.
    fn pattern(&self, written: &str) -> String {
        let segments = written.split('/').map(|segment| {
            let name = capture(segment);
            let person = self.known.cast.person(segment).map(|_| "member");
            name.or(person).map_or_else(|| segment.to_owned(), |name| format!("{{{name}}}"))
        });
        segments.collect::<Vec<_>>().join("/")
    }
}

/// A nickname as the token of its member: mocks take it for one.
fn bearer(caller: &Caller) -> Option<String> {
    match caller {
        Caller::Nobody => None,
        Caller::Person(name) | Caller::Captured(name) => Some(name.clone()),
    }
}

#[cfg(test)]
mod tests;
