//! The morning of a case: its people come, and what is given happens, up to noon.
//!
//! Most of what a play costs is here, and much of it is the same from play to play. So a site lives through a morning
//! once, keeps what its tables hold then, and begins with that when the same is asked for again: people with every
//! case that has the same people, a noon with every way to play its case. Events handled once and twice are two
//! mornings, and no bus takes anything from another's.

use chrono::TimeDelta;
use pancake::dev::usecase::model::{Given, Introduction, State};
use pancake::dev::usecase::people::introduction;
use pancake::dev::usecase::time::{INTRODUCED, PACE};
use pancake::kernel::fault_injection::Off;
use serde_json::Value;

use crate::blocked::Reading;
use crate::lock;
use crate::play::{Player, STRANGER};

/// What a player knows after a morning that was lived through; the tables are with the stage.
#[derive(Clone)]
pub(crate) struct Lived {
    captured: Vec<(String, Value)>,
    readings: Vec<Reading>,
}

impl Player<'_> {
    /// People and what happened before, up to noon.
    pub(crate) async fn begin(&mut self, with_stranger: bool) -> Result<(), String> {
        let place = |text: String| format!("{}: {text}", self.case.file);
        let people = self.people(with_stranger).map_err(place)?;
        let noon = self.noon(with_stranger);
        if !self.brought_back(noon.as_deref()).await.map_err(place)? {
            self.gathered(&people).await.map_err(place)?;
            let count = i32::try_from(self.case.given.len()).unwrap_or(i32::MAX);
            for (number, given) in (0_i32..).zip(&self.case.given) {
                let (default, line) = (PACE * (number - count), given.line());
                let given = self.given(given, default).await;
                given.map_err(|text| format!("{}:{line} (given): {text}", self.case.file))?;
            }
            self.release().await.map_err(place)?;
            self.house.stage.ctx.rehearsal().hold(None);
            self.keep(noon).await.map_err(place)?;
        }
        self.house.set_clock(TimeDelta::zero());
        self.sessions.clear();
        Ok(())
    }

    /// Nobody is there.
    pub(crate) async fn reset(&self) -> Result<(), String> {
        self.house.stage.reset().await.map_err(|error| error.to_string())?;
        self.rehearse();
        Ok(())
    }

    /// What the way to play asks for.
    fn rehearse(&self) {
        let rehearsal = self.house.stage.ctx.rehearsal();
        rehearsal.set_twice(self.kind.twice());
        rehearsal.switch_off(self.off.clone());
        if self.kind.merges() {
            rehearsal.hold(Some(self.case.module));
        }
        if let (Some(bus), Some(seed)) = (&self.house.faulty, self.kind.seed()) {
            bus.reseed(seed);
        }
    }

    fn people(&self, with_stranger: bool) -> Result<Vec<Introduction>, String> {
        let mut people = self.case.people.clone();
        let (registry, cast) = (self.house.stage.ctx.registry(), self.known.cast);
        if with_stranger && let Some(person) = cast.person(STRANGER) {
            let stranger = introduction(registry, cast, person, State::Approved);
            people.push(stranger.map_err(|error| error.to_string())?);
        }
        Ok(people)
    }

    /// Everybody is there.
    async fn gathered(&mut self, people: &[Introduction]) -> Result<(), String> {
        let name = self.crowd(people);
        if self.brought_back(name.as_deref()).await? {
            return Ok(());
        }
        self.reset().await?;
        self.introduce(people).await?;
        self.keep(name).await
    }

    /// All register, then all are decided on: modules have to know of the one before the other.
    async fn introduce(&self, people: &[Introduction]) -> Result<(), String> {
        let rounds = people.iter().map(|who| who.events.len()).max().unwrap_or_default();
        for round in 0..rounds {
            let told =
                (0_i32..).zip(people).filter_map(|(number, who)| Some((number, who.events.get(round)?)));
            let told: Vec<_> = told.map(|(number, event)| (event, INTRODUCED + PACE * number)).collect();
            let published = async {
                // What is of one module is said at once: each transaction costs every module one, too.
                for said in told.chunk_by(|(one, _), (next, _)| one.record.source == next.record.source) {
                    self.publish_all(said).await?;
                }
                Ok(())
            };
            self.arrived(published).await?;
        }
        Ok(())
    }

    async fn given(&mut self, given: &Given, default: TimeDelta) -> Result<(), String> {
        match given {
            Given::Event(past) => self.past(past, default).await,
            Given::Call(past) => {
                self.release().await?;
                self.settle().await?;
                self.house.set_clock(past.at.unwrap_or(default));
                self.sessions.clear();
                let answer = self.send(&past.call).await?;
                self.judge(past, &answer)
            }
        }
    }

    /// What these people are kept under; nothing, if they are to be introduced again.
    fn crowd(&self, people: &[Introduction]) -> Option<String> {
        // Whatever listens or tells less than usual has to be missed from the beginning. Actions introduce nobody.
        let whole = matches!(self.off, None | Some(Off::Action(_)));
        (whole && self.kind.takes_people_as_kept()).then(|| {
            let people = people.iter().map(|who| format!("{} {:?}", who.nickname, who.state));
            format!("{} {}", self.mark(), people.collect::<Vec<_>>().join(", "))
        })
    }

    /// The same for all that happened before noon.
    fn noon(&self, with_stranger: bool) -> Option<String> {
        let happens = !self.case.given.is_empty();
        let kept = happens && self.off.is_none() && self.kind.takes_noon_as_kept();
        let stranger = if with_stranger { " and a stranger" } else { "" };
        kept.then(|| format!("{} {}{stranger}", self.mark(), self.case.file))
    }

    fn mark(&self) -> &'static str {
        if self.kind.twice() { "twice" } else { "once" }
    }

    /// Begins with what is kept under this name. False if nothing is.
    async fn brought_back(&mut self, name: Option<&str>) -> Result<bool, String> {
        let lived = |name| lock(&self.house.mornings).get(name).cloned();
        let Some((name, lived)) = name.and_then(|name| Some((name, lived(name)?))) else { return Ok(false) };
        self.house.stage.restore(name).await.map_err(|error| error.to_string())?;
        self.rehearse();
        for (capture, value) in lived.captured {
            self.known.bind(&capture, value);
        }
        self.readings = lived.readings;
        Ok(true)
    }

    /// Waits for the end of all that has begun, and keeps it under a name if it has one.
    async fn keep(&self, name: Option<String>) -> Result<(), String> {
        let Some(name) = name else { return self.settle().await };
        self.house.stage.keep(&name).await.map_err(|error| error.to_string())?;
        let captured = self.known.captured().map(|(capture, value)| (capture.to_owned(), value.clone()));
        let lived = Lived { captured: captured.collect(), readings: self.readings.clone() };
        lock(&self.house.mornings).insert(name, lived);
        Ok(())
    }
}
