//! What a visitor and a stranger try in a case, and what hides it from them.

use axum::http::Method;
use pancake::module::Policy;
use pancake::usecase::UseCase;
use pancake::usecase::cast::{Cast, Person};
use pancake::usecase::model::{Body, Call, Caller, When};
use pancake::usecase::names::Bindings;

use crate::stage::Answer;

/// Calls that need a session: a press counts as the form that it sends.
pub(crate) fn closed(case: &UseCase) -> Vec<Call> {
    let sent = case.steps.iter().filter_map(|step| match &step.when {
        When::Call(call) => Some(call.clone()),
        When::Press(press) => Some(Call {
            line: press.line,
            method: press.sends.0.clone(),
            path: press.sends.1.clone(),
            query: Vec::new(),
            actor: press.actor.clone(),
            body: Body::Form(Vec::new()),
            headers: Vec::new(),
            action: press.does.clone(),
        }),
        When::Event(_) => None,
    });
    sent.filter(|call| call.action.as_ref().is_some_and(|it| it.action.policy != Policy::Public)).collect()
}

/// Reads that are somebody's own.
pub(crate) fn readings(case: &UseCase) -> Vec<Call> {
    let mut calls = closed(case);
    calls.retain(|call| call.method == Method::GET && call.actor != Caller::Nobody);
    calls.dedup_by(|one, other| one.path == other.path && one.query == other.query);
    calls
}

/// Who of the cast is in an answer, by nickname or id: in JSON, on a page, or in an address.
pub(crate) fn named<'c>(answer: &Answer, cast: &'c Cast) -> Vec<&'c Person> {
    // Of a page all of it: what no eye sees, like the address behind a link, tells as much.
    let text = format!("{} {}", answer.text(), answer.header("location").unwrap_or_default());
    let words: Vec<_> = text.split(|c: char| !c.is_alphanumeric() && c != '-').collect();
    let there = |word: &str| words.contains(&word);
    cast.people.iter().filter(|who| there(&who.nickname) || there(&who.id.to_string())).collect()
}

/// A refusal, or an answer that names nobody of the case: neither in JSON, nor on a page, nor in an address.
pub(crate) fn hides(case: &UseCase, answer: &Answer, known: &Bindings<'_>) -> bool {
    if matches!(answer.status, 400 | 403 | 404 | 422) {
        return true;
    }
    let named = named(answer, known.cast);
    !case.people.iter().any(|who| named.iter().any(|person| person.nickname == who.nickname))
}
