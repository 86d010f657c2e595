//! Without a session and as a stranger: what they try in a case, and what hides it from them.

use axum::http::Method;
use chrono::TimeDelta;
use pancake::dev::usecase::UseCase;
use pancake::dev::usecase::cast::{Cast, Person};
use pancake::dev::usecase::model::{Body, Call, Caller, Step, When};
use pancake::dev::usecase::names::Bindings;
use pancake::dev::usecase::wire::Wire;
use pancake::kernel::module::{Face, Policy};

use crate::expect;
use crate::play::{Player, STRANGER};
use crate::stage::Answer;

/// Where a page without a session leads.
const LOGIN: &str = "/login";

impl Player<'_> {
    /// Nothing but Public actions answers somebody who is not logged in.
    pub(crate) async fn without_session(&mut self, probes: &[Call]) -> Result<(), String> {
        self.reset().await?;
        self.house.set_clock(TimeDelta::zero());
        for call in probes {
            let mut wire = Wire::of(call, &self.known);
            wire.headers.retain(|(name, _)| name != "authorization" && name != "cookie");
            let answer = self.house.send(self.door, &wire, None).await?;
            let page = call.action.as_ref().is_some_and(|it| it.face == Face::Page);
            let led = answer.header("location").is_some_and(|to| to.starts_with(LOGIN));
            if answer.status != 401 && !(page && answer.status == 303 && led) {
                let wanted = if page { "401, or 303 to /login" } else { "401" };
                let (file, line, is) = (&self.case.file, call.line, expect::shown(&answer));
                return Err(format!(
                    "{file}:{line}: {} should give {wanted}, but gives {is}",
                    wire.describe(&Caller::Nobody)
                ));
            }
        }
        Ok(())
    }

    /// What is a member's own, nobody else gets to see.
    pub(crate) async fn as_stranger(&mut self, probes: &[Call]) -> Result<(), String> {
        self.begin(true).await?;
        for call in probes {
            let call = Call { actor: Caller::Person(STRANGER.to_owned()), ..call.clone() };
            let answer = self.send(&call).await?;
            let wire = Wire::of(&call, &self.known);
            if !hides(self.case, &wire, &answer, &self.known) {
                let (file, line, is) = (&self.case.file, call.line, expect::shown(&answer));
                let hint = "If strangers may see this, say why: skip = { stranger = \"…\" }";
                return Err(format!(
                    "{file}:{line}: {} shows a stranger {is}\n{hint}",
                    wire.describe(&call.actor)
                ));
            }
        }
        Ok(())
    }
}

/// Calls that need a session: a press counts as the form that it sends.
pub(crate) fn closed(case: &UseCase) -> Vec<Call> {
    calls(case.steps.iter())
}

fn calls<'c>(steps: impl Iterator<Item = &'c Step>) -> Vec<Call> {
    let sent = steps.filter_map(|step| match &step.when {
        When::Call(call) | When::Stream(call) => Some(Call::clone(call)),
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

/// Reads that are somebody's own. Streams, and calls that wait, are not: what they say is never of others, and a
/// stranger can ask for none but her own.
pub(crate) fn readings(case: &UseCase) -> Vec<Call> {
    let waits = |step: &&Step| matches!(step.when, When::Stream(_)) || !step.meanwhile.is_empty();
    let mut calls = calls(case.steps.iter().filter(|step| !waits(step)));
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

/// A refusal, or an answer that names nobody of the case: neither in JSON, nor on a page, nor in an address. Who is
/// asked for by the path may be named, for her card is there for every member; but then nothing of what was written
/// in the case.
fn hides(case: &UseCase, wire: &Wire, answer: &Answer, known: &Bindings<'_>) -> bool {
    if matches!(answer.status, 400 | 403 | 404 | 422) {
        return true;
    }
    let path = wire.target.split('?').next().unwrap_or_default();
    let asked = |who: &Person| path.split('/').any(|part| part == who.nickname || part == who.id.to_string());
    let of_case = |who: &&Person| case.people.iter().any(|other| other.nickname == who.nickname);
    let named: Vec<&Person> = named(answer, known.cast).into_iter().filter(of_case).collect();
    let said = || {
        let events = case.given_events().chain(case.expected_events());
        let texts = events.filter_map(|event| event.fields.get("text")?.text());
        texts.into_iter().any(|text| answer.text().contains(text))
    };
    named.is_empty() || (named.into_iter().all(asked) && !said())
}
