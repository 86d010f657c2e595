//! With the pair blocked: whatever showed one member to another hides her as soon as either has blocked the other.
//!
//! A case is played whole, and every reading of it that names somebody is kept. Then each pair is blocked, one
//! way and the other, and the same is read again. Nobody writes these checks, so nobody forgets one. What the blocked one
//! still may see, and what he hears, is compared with what he gets when she is merely away ([`crate::unnoticed`]).

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use pancake::dev::usecase::cast::Person;
use pancake::dev::usecase::model::Caller;
use pancake::dev::usecase::time::NOON;
use pancake::dev::usecase::wire::{self, Wire};
use pancake::kernel::event::{AnyEvent, Applied};
use pancake::kernel::id::MemberId;
use pancake::kernel::module::ActionRecord;
use pancake::modules::block::contract::{MemberBlocked, MemberUnblocked};

use crate::expect::verdict;
use crate::kind::Outcome;
use crate::play::Player;
use crate::probe::named;
use crate::stage::Answer;

/// Something that a member has read.
#[derive(Clone)]
pub(crate) struct Reading {
    pub(crate) actor: Caller,
    pub(crate) wire: Wire,
}

/// A reading that names somebody, who may be hidden from its reader by a block.
pub(crate) struct Sight<'c> {
    pub(crate) reading: Reading,
    pub(crate) reader: &'c Person,
    pub(crate) seen: &'c Person,
}

/// By the two members, of whom the lesser id comes first.
type Sights<'c> = BTreeMap<(MemberId, MemberId), Vec<Sight<'c>>>;

impl Reading {
    /// A call, if it was one that reads, and was answered.
    pub(crate) fn of(actor: &Caller, wire: &Wire, answer: &Answer) -> Option<Self> {
        let read = wire.method == Method::GET && (200..300).contains(&answer.status);
        (read && *actor != Caller::Nobody).then(|| Self { actor: actor.clone(), wire: wire.clone() })
    }

    fn path(&self) -> &str {
        self.wire.target.split('?').next().unwrap_or_default()
    }

    /// True if it asks for this very person.
    fn asks_for(&self, person: &Person) -> bool {
        let id = person.id.to_string();
        self.path().split('/').any(|segment| segment == person.nickname || segment == id)
    }
}

impl<'p> Player<'p> {
    /// Plays the case, and looks again with each pair blocked.
    pub(crate) async fn with_pairs_blocked(&mut self) -> Result<Outcome, String> {
        self.whole().await?;
        // The case may have ended some of them.
        self.sessions.clear();
        let (mut checked, mut faults, mut answers) = (false, Vec::new(), Vec::new());
        let mut excepted = BTreeMap::new();
        for ((one, other), sights) in self.sights().await? {
            for (blocker, blocked) in [(one, other), (other, one)] {
                let before = self.before(&sights, blocker, blocked).await?;
                if !self.tell(MemberBlocked { member: blocker, blocked }).await? {
                    // That is the case's own matter.
                    continue;
                }
                checked = true;
                if let Some(before) = &before {
                    faults.extend(self.noticed(before, "the block").await?);
                }
                for sight in &sights {
                    let (action, reason) = self.exception(sight, blocker);
                    if reason.is_some()
                        && let Some(before) = &before
                    {
                        faults.extend(self.differs(before, sight).await?);
                    }
                    match (self.fault(sight, blocker).await?, reason) {
                        (Some(_), Some(reason)) => drop(excepted.insert(action, reason)),
                        (Some((fault, answer)), None) => {
                            faults.push(fault);
                            answers.push(answer);
                        }
                        (None, _) => {}
                    }
                }
                self.tell(MemberUnblocked { member: blocker, unblocked: blocked }).await?;
                if let Some(before) = &before {
                    faults.extend(self.noticed(before, "its end").await?);
                }
            }
        }
        // One answer shows enough.
        verdict(&faults, &answers.iter().take(1).collect::<Vec<_>>()).map_err(|text| {
            let hint = "If that has to be, say why where the action is registered: .despite_blocks(\"…\"), or \
                        .despite_being_blocked(\"…\") if only who was blocked may see it";
            format!("{}:\n{text}\n{hint}", self.case.file)
        })?;
        Ok(match (checked, excepted.is_empty()) {
            (false, _) => Outcome::Idle,
            (true, true) => Outcome::Passed,
            (true, false) => Outcome::Excepted(excepted),
        })
    }

    /// What names somebody still, now that the case is over: only that can be seen to hide her.
    async fn sights(&mut self) -> Result<Sights<'p>, String> {
        let cast = self.known.cast;
        let mut sights = Sights::new();
        let mut known = BTreeSet::new();
        for reading in std::mem::take(&mut self.readings) {
            let reader = self.known.caller(&reading.actor);
            let Some(reader) = cast.people.iter().find(|person| Some(person.id) == reader) else { continue };
            if !known.insert((reader.id, reading.wire.target.clone())) {
                continue;
            }
            let answer = self.read(&reading).await?;
            let others = named(&answer, cast).into_iter().filter(|person| person.id != reader.id);
            for seen in others.filter(|_| answer.status < 300) {
                let pair = (reader.id.min(seen.id), reader.id.max(seen.id));
                let sight = Sight { reading: reading.clone(), reader, seen };
                sights.entry(pair).or_default().push(sight);
            }
        }
        Ok(sights)
    }

    /// What shows one to the other although `blocker` has blocked, if anything does.
    async fn fault(
        &mut self,
        sight: &Sight<'_>,
        blocker: MemberId,
    ) -> Result<Option<(String, Answer)>, String> {
        let Sight { reading, reader, seen } = sight;
        let answer = self.read(reading).await?;
        let nobody = !named(&answer, self.known.cast).iter().any(|person| person.id == seen.id);
        let hides = if reading.asks_for(seen) { answer.status == 404 } else { answer.status < 400 && nobody };
        if hides || (answer.status == 404 && nobody) {
            return Ok(None);
        }
        let (one, other) = (&reader.nickname, &seen.nickname);
        let (who, whom) = if blocker == reader.id { (one, other) } else { (other, one) };
        let (target, status) = (&reading.wire.target, answer.status);
        let fault = match (nobody, status) {
            (false, _) => format!("shows {other} to {one}"),
            (true, 200..300) => format!("says to {one} that {other} is there: it should be a 404"),
            (true, _) => format!("answers {one} with {status}"),
        };
        Ok(Some((format!("{who} has blocked {whom}, and GET {target} {fault}"), answer)))
    }

    pub(crate) async fn read(&mut self, reading: &Reading) -> Result<Answer, String> {
        let session = self.session(&reading.actor).await?;
        self.house.send(self.door, &reading.wire, session.as_deref()).await
    }

    /// The action of a reading, and why it need not hide anybody from who reads, if `blocker` has blocked.
    fn exception(&self, sight: &Sight<'_>, blocker: MemberId) -> (String, Option<&'static str>) {
        let actions = self.house.stage.ctx.registry().actions();
        let record = wire::action(actions, &Method::GET, sight.reading.path());
        let title = record.map(ActionRecord::title).unwrap_or_default();
        let despite = record.and_then(|record| record.action.despite_blocks);
        (title, despite.and_then(|despite| despite.reason(blocker == sight.reader.id)))
    }

    /// Says it as the block module would. True if that changed anything.
    pub(crate) async fn tell(&self, event: impl AnyEvent + 'static) -> Result<bool, String> {
        let told = self.house.stage.give(Box::new(event), NOON + self.at).await;
        told.map(Applied::changed).map_err(|error| error.to_string())
    }
}
