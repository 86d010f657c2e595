//! Plays one case in one way.

use std::collections::BTreeMap;

use axum::http::Method;
use chrono::TimeDelta;
use futures::future::join_all;
use pancake::dev::usecase::UseCase;
use pancake::dev::usecase::cast::Cast;
use pancake::dev::usecase::matching::path_fits;
use pancake::dev::usecase::model::{Call, Caller, EventText, Past, PastCall, Press, Step, When};
use pancake::dev::usecase::names::Bindings;
use pancake::dev::usecase::time::NOON;
use pancake::dev::usecase::wire::{self, Wire, inside};
use pancake::kernel::fault_injection::Off;

use crate::blocked::Reading;
use crate::expect;
use crate::houses::Houses;
use crate::kind::{Kind, Outcome};
use crate::merged;
use crate::page;
use crate::probe::{closed, readings};
use crate::rebuilt;
use crate::stage::{Answer, Door, House};

/// Who has no part in any story.
pub(crate) const STRANGER: &str = "stranger";
/// Redirects that a press follows.
const REDIRECTS_MAX: usize = 5;

/// Plays it. What fails leaves its database, if there are not enough of those.
pub(crate) async fn play(houses: &mut Houses<'_>, cast: &Cast, case: &UseCase, kind: Kind) -> Outcome {
    if let Some(reason) = kind.skip().and_then(|skip| case.skips(skip)) {
        return Outcome::Skipped(reason.to_owned());
    }
    let probes = match kind {
        Kind::NoSession => closed(case),
        Kind::Stranger => readings(case),
        _ => Vec::new(),
    };
    let idle = match kind {
        Kind::NoSession | Kind::Stranger => probes.is_empty(),
        _ => kind.merges() && merged::sources(case) < 2,
    };
    if idle {
        return Outcome::Idle;
    }
    let house = match houses.at(kind.site()).await {
        Ok(house) => house,
        Err(why) => return Outcome::Failed(why),
    };
    let mut player = Player::of(house, cast, case, kind);
    let played = match kind {
        Kind::NoSession => player.without_session(&probes).await.map(|()| Outcome::Passed),
        Kind::Stranger => player.as_stranger(&probes).await.map(|()| Outcome::Passed),
        Kind::Blocked => player.with_pairs_blocked().await,
        _ => player.whole().await.map(|()| Outcome::Passed),
    };
    house.stage.ctx.rehearsal().end();
    judged(houses, kind, played).await
}

/// After a case was played in the first way: every module that it is about writes its tables anew.
pub(crate) async fn rebuild(houses: &mut Houses<'_>, case: &UseCase) -> Outcome {
    let compared = match houses.at(Kind::Rebuilt.site()).await {
        Ok(house) => rebuilt::compare(&house.stage, case).await.map(|()| Outcome::Passed),
        Err(why) => Err(why),
    };
    judged(houses, Kind::Rebuilt, compared).await
}

/// A failure leaves its database.
async fn judged(houses: &mut Houses<'_>, kind: Kind, played: Result<Outcome, String>) -> Outcome {
    match played {
        Ok(outcome) => outcome,
        Err(text) => match houses.keep(kind.site()).await {
            Some(said) => Outcome::Failed(format!("{text}\n{said}")),
            None => Outcome::Failed(text),
        },
    }
}

pub(crate) struct Player<'p> {
    pub(crate) house: &'p House,
    pub(crate) case: &'p UseCase,
    pub(crate) kind: Kind,
    pub(crate) door: Door,
    pub(crate) known: Bindings<'p>,
    /// What the clock shows, from noon.
    pub(crate) at: TimeDelta,
    pub(crate) sessions: BTreeMap<String, String>,
    /// What was read on the way.
    pub(crate) readings: Vec<Reading>,
    /// Positions of what was published by the steps themselves, and not by the module under test.
    pub(crate) own: Vec<i64>,
    /// What is not there.
    pub(crate) off: Option<Off>,
}

impl<'p> Player<'p> {
    pub(crate) fn of(house: &'p House, cast: &'p Cast, case: &'p UseCase, kind: Kind) -> Self {
        Self {
            house,
            case,
            kind,
            door: kind.door(),
            known: Bindings::new(cast),
            at: TimeDelta::zero(),
            sessions: BTreeMap::new(),
            readings: Vec::new(),
            own: Vec::new(),
            off: None,
        }
    }

    pub(crate) async fn whole(&mut self) -> Result<(), String> {
        self.begin(false).await?;
        for (number, step) in self.case.steps.iter().enumerate() {
            self.step(step).await.map_err(|text| {
                let steps = self.case.steps.len();
                let which =
                    if steps > 1 { format!(" (step {} of {steps})", number + 1) } else { String::new() };
                format!("{}:{}{which}: {text}", self.case.file, step.line)
            })?;
        }
        Ok(())
    }

    /// Does something, and waits until it is known everywhere.
    pub(crate) async fn arrived(&self, work: impl Future<Output = Result<(), String>>) -> Result<(), String> {
        self.house.stage.arrived(work).await.map_err(|error| error.to_string())?
    }

    /// Where the module under test was held, it gets now what others have published meanwhile: before it does
    /// anything itself, since that may rest on it.
    pub(crate) async fn release(&self) -> Result<(), String> {
        if !self.kind.merges() {
            return Ok(());
        }
        self.settle().await?;
        merged::release(&self.house.stage, self.case.module, self.kind.seed()).await
    }

    pub(crate) async fn settle(&self) -> Result<(), String> {
        self.house.stage.settle().await.map_err(|error| error.to_string())
    }

    /// Whether a call that is no step of its own went well.
    pub(crate) fn judge(&mut self, past: &PastCall, answer: &Answer) -> Result<(), String> {
        let differences = match &past.then {
            Some(then) => expect::answer(then, answer, &mut self.known),
            None if answer.status < 400 => Vec::new(),
            None => vec!["it has to succeed, or to say what then".to_owned()],
        };
        expect::verdict(&differences, &[answer])
    }

    /// Repeated events end where a single one would stand.
    pub(crate) async fn past(&mut self, past: &Past, default: TimeDelta) -> Result<(), String> {
        let repeats = i32::try_from(past.repeat).unwrap_or(i32::MAX);
        let first = past.at.unwrap_or(default - past.every * (repeats - 1));
        let house = self.house;
        let published = async {
            for number in 0..repeats {
                self.known.number = u32::try_from(number + 1).ok();
                let published = self.publish(&past.event, first + past.every * number).await;
                self.known.number = None;
                published?;
            }
            Ok(())
        };
        house.stage.arrived(published).await.map_err(|error| error.to_string())?
    }

    /// Publishes an event, and waits for nothing.
    async fn publish(&self, event: &EventText, at: TimeDelta) -> Result<(), String> {
        self.publish_all(&[(event, at)]).await
    }

    /// The same for events of one module, in one transaction.
    pub(crate) async fn publish_all(&self, told: &[(&EventText, TimeDelta)]) -> Result<(), String> {
        if told.iter().any(|(event, _)| event.record.source == self.case.module) {
            self.release().await?;
        }
        let (mut said, mut events) = (Vec::new(), Vec::new());
        for (event, at) in told {
            let (name, json) = (event.record.name, self.known.event(event));
            let parsed = (event.record.parse)(&json).map_err(|error| format!("{name}: {error} in {json}"))?;
            said.push(format!("{name} {json}"));
            events.push((parsed, NOON + *at));
        }
        let published = self.house.stage.publish_all(events).await;
        let applied = published.map_err(|error| format!("not taken: {error} in {}", said.join(", ")))?;
        match applied.iter().position(|applied| !applied.changed()) {
            Some(which) => Err(format!("this changes nothing, so it never happened: {}", said[which])),
            None => Ok(()),
        }
    }

    async fn step(&mut self, step: &Step) -> Result<(), String> {
        if step.later > TimeDelta::zero() {
            self.at += step.later;
            self.house.set_clock(self.at);
            // A session may have ended meanwhile; members just log in again.
            self.sessions.clear();
        }
        let stage = &self.house.stage;
        let before = stage.head(self.case.module).await.map_err(|error| error.to_string())?;
        let mut differences = Vec::new();
        let answers = match &step.when {
            When::Event(event) => {
                self.arrived(self.publish(event, self.at)).await?;
                self.own.extend((event.record.source == self.case.module).then_some(before + 1));
                Vec::new()
            }
            When::Call(call) if step.at_once > 1 => self.race(call, step.at_once).await?,
            When::Call(call) if step.meanwhile.is_empty() => vec![self.send(call).await?],
            When::Call(call) => vec![self.wait(call, step).await?],
            When::Press(press) => vec![self.press(press).await?],
            When::Stream(call) => {
                let (answer, found) = self.listen(call, step).await?;
                differences = found;
                vec![answer]
            }
        };
        self.settle().await?;
        let mut published =
            stage.journal(self.case.module, before).await.map_err(|error| error.to_string())?;
        published.retain(|entry| !self.own.contains(&entry.pos));
        differences.extend(expect::answers(&step.then, &answers, &mut self.known));
        differences.extend(expect::events(&step.then, &published, &mut self.known));
        let seen: Vec<&Answer> = answers.iter().collect();
        expect::verdict(&differences, &seen).map_err(|text| format!("{}\n{text}", self.title(step)))
    }

    fn title(&self, step: &Step) -> String {
        match &step.when {
            When::Call(call) | When::Stream(call) => Wire::of(call, &self.known).describe(&call.actor),
            When::Press(press) => format!("{} presses \"{}\" on {}", press.actor, press.button, press.on),
            When::Event(event) => format!("{} {}", event.record.name, self.known.event(event)),
        }
    }

    pub(crate) async fn session(&mut self, caller: &Caller) -> Result<Option<String>, String> {
        let Some(member) = self.known.caller(caller) else { return Ok(None) };
        let key = member.to_string();
        if let Some(token) = self.sessions.get(&key) {
            return Ok(Some(token.clone()));
        }
        let token = self
            .house
            .stage
            .login(member)
            .await
            .map_err(|error| format!("{caller} has no login: {error}"))?;
        self.sessions.insert(key, token.clone());
        Ok(Some(token))
    }

    pub(crate) async fn send(&mut self, call: &Call) -> Result<Answer, String> {
        let session = self.session(&call.actor).await?;
        let wire = Wire::of(call, &self.known);
        let answer = self.house.send(self.door, &wire, session.as_deref()).await?;
        self.readings.extend(Reading::of(&call.actor, &wire, &answer));
        Ok(answer)
    }

    async fn race(&mut self, call: &Call, times: usize) -> Result<Vec<Answer>, String> {
        let session = self.session(&call.actor).await?;
        let wire = Wire::of(call, &self.known);
        let sent = (0..times).map(|_| self.house.send(self.door, &wire, session.as_deref()));
        join_all(sent).await.into_iter().collect()
    }

    /// Loads the page, fills in the form, sends it, and goes where that leads.
    async fn press(&mut self, press: &Press) -> Result<Answer, String> {
        let mut session = self.session(&press.actor).await?;
        let mut on = wire::path(&press.on, press.shows.as_ref(), &self.known);
        let shown = self.house.send(self.door, &get(&on), session.as_deref()).await?;
        self.readings.extend(Reading::of(&press.actor, &get(&on), &shown));
        if shown.status != 200 || !shown.is_page() {
            return Err(format!("{on} shows no page but {}", expect::shown(&shown)));
        }
        let fill: Vec<_> =
            press.fill.iter().map(|(name, value)| (name.clone(), inside(value, &self.known))).collect();
        let form = page::press(&shown.text(), &press.button, &fill, &press.attach)?;
        let (kind, body) = form.body(&press.attach);
        let target = if form.target.is_empty() { on.clone() } else { form.target };
        let path = target.split('?').next().unwrap_or_default();
        if form.method != press.sends.0 || !path_fits(&press.sends.1, path, &mut self.known) {
            return Err(format!(
                "the button sends {} {path}, not {} {}",
                form.method, press.sends.0, press.sends.1
            ));
        }
        let wire = Wire { method: form.method, target, headers: vec![("content-type".into(), kind)], body };
        let mut answer = self.house.send(self.door, &wire, session.as_deref()).await?;
        for _ in 0..REDIRECTS_MAX {
            let Some(location) = answer.header("location").filter(|_| (300..400).contains(&answer.status))
            else {
                break;
            };
            on = location.to_owned();
            session = answer.session().or(session);
            // Others' effects show on the next page, which a person reaches no sooner than they do.
            self.settle().await?;
            let next = Wire { headers: answer.cookies(), ..get(&on) };
            answer = self.house.send(self.door, &next, session.as_deref()).await?;
        }
        self.readings.extend(Reading::of(&press.actor, &get(&on), &answer));
        let place = on.parse().map_err(|error| format!("{on} is no location: {error}"))?;
        answer.headers.insert("location", place);
        Ok(answer)
    }
}

/// A page that is loaded.
fn get(target: &str) -> Wire {
    Wire { method: Method::GET, target: target.to_owned(), headers: Vec::new(), body: Vec::new() }
}
