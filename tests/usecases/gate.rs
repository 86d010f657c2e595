//! The coverage gate: an action, a listener or an event is proven only if some use case fails while it is off.
//!
//! A case that merely passes by proves nothing. So each thing is switched off by itself, and cases that should
//! notice are played, the likeliest and shortest first, until one fails.

use std::sync::Mutex;
use std::time::Duration;

use pancake::dev::usecase::cast::Cast;
use pancake::dev::usecase::model::Given;
use pancake::dev::usecase::{UseCase, UseCases};
use pancake::kernel::fault_injection::Off;
use pancake::kernel::module::{ActionRecord, EventRecord, ListenerRecord, Registry};

use crate::houses::Houses;
use crate::kept::Kept;
use crate::kind::Kind;
use crate::play::Player;
use crate::{each_worker, lock};

/// Cases that are played before a thing counts as missed by nobody.
const CANDIDATES_MAX: usize = 24;
/// What is off has to be noticed at once: whoever waits longer waits for it.
const PLAY_MAX: Duration = Duration::from_secs(10);

/// What is proven, and what is not.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    actions: usize,
    listeners: usize,
    events: usize,
    /// A sentence each.
    pub(crate) gaps: Vec<String>,
}

impl Proof {
    /// For the end of a report.
    pub(crate) fn line(&self) -> String {
        let Self { actions, listeners, events, .. } = self;
        format!(
            "Proven: {actions} actions, {listeners} listeners, {events} events, each by a use case that fails \
             without it."
        )
    }
}

/// Something that can be switched off, and who should notice.
struct Target<'u> {
    off: Off,
    /// `the listener AddAlerts of alerts to flirt-sent`
    title: String,
    candidates: Vec<&'u UseCase>,
}

/// Switches everything off, one after the other; with `only`, what belongs to this module.
pub(crate) fn prove(registry: &Registry, usecases: &UseCases, kept: &Kept<'_>, only: Option<&str>) -> Proof {
    let targets = targets(registry, &usecases.cases, only);
    let queue = Mutex::new(targets.iter());
    let proof = Mutex::new(Proof::default());
    each_worker(targets.len(), |number| {
        let (queue, proof) = (&queue, &proof);
        async move {
            let mut houses = Houses::new(kept, number);
            loop {
                let next = lock(queue).next();
                let Some(target) = next else { break };
                let outcome = try_out(&mut houses, usecases, target).await;
                let mut proof = lock(proof);
                match (outcome, &target.off) {
                    (Err(gap), _) => proof.gaps.push(gap),
                    (Ok(()), Off::Action(_)) => proof.actions += 1,
                    (Ok(()), Off::Listener(_)) => proof.listeners += 1,
                    (Ok(()), Off::Event(_)) => proof.events += 1,
                }
            }
            // What the buses carried meanwhile says nothing: something was missing.
            drop(houses.close().await);
        }
    });
    proof.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Plays until somebody misses it.
async fn try_out(houses: &mut Houses<'_>, usecases: &UseCases, target: &Target<'_>) -> Result<(), String> {
    let title = &target.title;
    for case in &target.candidates {
        let mut missed = misses(houses, &usecases.cast, case, &target.off).await;
        if missed.is_err() {
            // Once the machine may have been busy with something else.
            missed = misses(houses, &usecases.cast, case, &target.off).await;
        }
        match missed {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(error) => return Err(format!("{}, without {title}: {error}", case.file)),
        }
    }
    let played = match target.candidates.len() {
        0 => "none depends on it".to_owned(),
        1 => "one was played".to_owned(),
        count => format!("{count} were played"),
    };
    Err(format!("no use case fails without {title}: {played}"))
}

/// Plays a case while something is off. True if it fails then.
async fn misses(houses: &mut Houses<'_>, cast: &Cast, case: &UseCase, off: &Off) -> Result<bool, String> {
    let site = Kind::FIRST.site();
    let house = houses.at(site).await?;
    let mut player = Player::of(house, cast, case, Kind::FIRST);
    player.off = Some(off.clone());
    let played = tokio::time::timeout(PLAY_MAX, player.whole()).await;
    house.stage.ctx.rehearsal().end();
    let failed = !matches!(played, Ok(Ok(())));
    // The next play must not fail of what this one has left, like an event that nobody could take.
    if failed && (played.is_err() || house.stage.reset().await.is_err()) {
        houses.leave().await;
    }
    played.map(|_| failed).map_err(|_| format!("still at it after {PLAY_MAX:?}"))
}

fn targets<'u>(registry: &Registry, cases: &'u [UseCase], only: Option<&str>) -> Vec<Target<'u>> {
    let wanted = |module: &str| only.is_none_or(|only| only == module);
    let actions = registry.actions().iter().filter(|record| wanted(record.module));
    let listeners = registry.listeners().iter().filter(|record| wanted(record.module));
    let events = registry.events().filter(|record| record.published && wanted(record.source));
    let actions = actions.map(|record| Target {
        off: Off::Action(record.title()),
        title: format!("the action {} of {}", record.title(), record.module),
        candidates: candidates(cases, |case| of_action(case, record)),
    });
    let listeners = listeners.map(|record| Target {
        off: Off::Listener(record.number),
        title: format!("the listener {} of {} to {}", record.name, record.module, record.event),
        candidates: candidates(cases, |case| of_listener(case, record)),
    });
    let events = events.map(|record| Target {
        off: Off::Event(record.name),
        title: format!("the event {} of {}", record.name, record.source),
        candidates: candidates(cases, |case| of_event(case, record)),
    });
    actions.chain(listeners).chain(events).collect()
}

/// The cases that a thing is something to, by how likely they are to miss it; of those the shortest first.
fn candidates(cases: &[UseCase], rank: impl Fn(&UseCase) -> Option<u32>) -> Vec<&UseCase> {
    let mut ranked: Vec<_> =
        cases.iter().filter_map(|case| Some((rank(case)?, length(case), case))).collect();
    ranked.sort_by_key(|(rank, length, _)| (*rank, *length));
    ranked.into_iter().map(|(.., case)| case).take(CANDIDATES_MAX).collect()
}

/// How long a play takes, about: what is published and what is sent.
fn length(case: &UseCase) -> usize {
    let given = case.given.iter().map(|given| match given {
        Given::Event(past) => past.repeat as usize,
        Given::Call(_) => 1,
    });
    let meanwhile = case.steps.iter().map(|step| step.meanwhile.len());
    case.people.len() + given.sum::<usize>() + meanwhile.sum::<usize>() + 2 * case.steps.len()
}

/// Who calls it: first those who are answered and not refused, since what is not there refuses too.
fn of_action(case: &UseCase, record: &ActionRecord) -> Option<u32> {
    let title = record.title();
    let calls = case.steps.iter().filter(|step| step.when.actions().any(|action| action.title() == title));
    calls.map(|step| u32::from(step.then.status.iter().all(|status| *status >= 400))).min()
}

/// First the module's own cases that the event comes to from outside, then those who publish it by what they
/// do, then whoever asks the module something after it.
fn of_listener(case: &UseCase, record: &ListenerRecord) -> Option<u32> {
    let told = tells(case, record.event);
    let expected = case.expected_events().any(|event| event.record.name == record.event);
    let own = case.module == record.module;
    let asks = case.steps.iter().any(|step| step.when.actions().any(|it| it.module == record.module));
    match (own, told, expected) {
        (true, true, _) => Some(0),
        (true, _, true) => Some(1),
        (false, _, _) if (told || expected) && asks => Some(3),
        (true, ..) if introduces(case, record.event) => Some(2),
        _ if introduces(case, record.event) && asks => Some(4),
        _ => None,
    }
}

/// First its own module's cases that expect it, then whoever is told of it.
fn of_event(case: &UseCase, record: &EventRecord) -> Option<u32> {
    let expected = case.expected_events().any(|event| event.record.name == record.name);
    match (case.module == record.source && expected, tells(case, record.name)) {
        (true, _) => Some(0),
        (_, true) => Some(1),
        _ if introduces(case, record.name) => Some(2),
        _ => None,
    }
}

/// True if the case gives the event itself.
fn tells(case: &UseCase, event: &str) -> bool {
    case.told_events().any(|told| told.record.name == event)
}

/// True if the event brings the case's people.
fn introduces(case: &UseCase, event: &str) -> bool {
    case.people.iter().flat_map(|person| &person.events).any(|it| it.record.name == event)
}
