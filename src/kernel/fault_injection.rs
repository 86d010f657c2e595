//! What tests may break on purpose: a use case switches off a listener, an event or an action of a running site ([`Rehearsal`]), and a
//! development build dies, as by `kill -9`, after a step of an event's path ([`FailPoints`]).
//!
//! `FAIL_AT=sequenced:flirt-sent` says where it dies. A release build has neither the option nor the checks: a step costs nothing
//! there. Production never sets anything of it.

use std::fmt;
#[cfg(debug_assertions)]
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::kernel::config::Config;

/// A step of an event's path, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its module's own listener has written it down.
    Effect,
    /// Its row is in the outbox.
    Outbox,
    /// Both are committed.
    Commit,
    /// It has a place in the journal, and that is committed.
    Sequenced,
    /// The bus has taken it.
    Published,
    /// The broker has said that it has it.
    Confirmed,
    /// A listener of another module has handled it.
    Heard,
    /// That module's offset is moved.
    Offset,
    /// Both are committed.
    Consumed,
    /// The bus is told that it was handled.
    Acknowledged,
}

impl Step {
    pub const ALL: [Self; 10] = [
        Self::Effect,
        Self::Outbox,
        Self::Commit,
        Self::Sequenced,
        Self::Published,
        Self::Confirmed,
        Self::Heard,
        Self::Offset,
        Self::Consumed,
        Self::Acknowledged,
    ];
}

/// The word of `FAIL_AT`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Effect => "effect",
            Self::Outbox => "outbox",
            Self::Commit => "commit",
            Self::Sequenced => "sequenced",
            Self::Published => "published",
            Self::Confirmed => "confirmed",
            Self::Heard => "heard",
            Self::Offset => "offset",
            Self::Consumed => "consumed",
            Self::Acknowledged => "acknowledged",
        })
    }
}

/// A step and the event at which it is the last: `sequenced:flirt-sent`.
#[cfg(debug_assertions)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailPoint {
    step: Step,
    event: String,
}

#[cfg(debug_assertions)]
impl FromStr for FailPoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, event) = text.split_once(':').ok_or("it is like sequenced:flirt-sent")?;
        let step = Step::ALL.into_iter().find(|step| step.to_string() == word);
        let step = step.ok_or_else(|| format!("no step is called {word}"))?;
        Ok(Self { step, event: event.to_owned() })
    }
}

/// Where this process dies, if `FAIL_AT` says so. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct FailPoints {
    #[cfg(debug_assertions)]
    armed: Option<std::sync::Arc<FailPoint>>,
}

impl FailPoints {
    /// As configured.
    #[cfg_attr(not(debug_assertions), expect(unused_variables, reason = "there is nothing to configure"))]
    pub fn of(config: &Config) -> Self {
        Self {
            #[cfg(debug_assertions)]
            armed: config.fail_at.clone().map(std::sync::Arc::new),
        }
    }

    /// These events have come to a step; one of them may be the last.
    #[cfg_attr(not(debug_assertions), expect(unused_variables, reason = "nobody dies in a release build"))]
    pub fn reached<'e>(&self, step: Step, events: impl IntoIterator<Item = &'e str>) {
        #[cfg(debug_assertions)]
        if let Some(armed) = &self.armed
            && armed.step == step
            && events.into_iter().any(|event| event == armed.event)
        {
            std::process::abort();
        }
    }
}

/// Something that is switched off, to see that a use case misses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Off {
    /// A listener, by its number in the registry.
    Listener(usize),
    /// An event, by name: its own module writes it down, and nobody else is told.
    Event(&'static str),
    /// An action, by title: it is not there.
    Action(String),
}

/// What a use case has switched off, doubled or held.
#[derive(Debug, Default)]
pub struct Rehearsal {
    /// True while anything is set: the only thing that the site looks at otherwise.
    any: AtomicBool,
    set: RwLock<Set>,
}

#[derive(Debug, Default, Clone)]
struct Set {
    twice: bool,
    off: Option<Off>,
    held: Option<&'static str>,
}

impl Rehearsal {
    /// Every listener runs twice on every event: the second time must change nothing.
    pub fn set_twice(&self, twice: bool) {
        self.change(|set| set.twice = twice);
    }

    /// Switches one thing off, or everything on again.
    pub fn switch_off(&self, off: Option<Off>) {
        self.change(|set| set.off = off);
    }

    /// Holds a module's consumer: it handles nothing, except through
    /// [`advance`](crate::bus::consumer::advance).
    pub fn hold(&self, module: Option<&'static str>) {
        self.change(|set| set.held = module);
    }

    /// Everything as in production.
    pub fn end(&self) {
        self.change(|set| *set = Set::default());
    }

    pub(crate) fn twice(&self) -> bool {
        self.ask(|set| set.twice)
    }

    pub(crate) fn holds(&self, module: &str) -> bool {
        self.ask(|set| set.held == Some(module))
    }

    pub(crate) fn holds_any(&self) -> bool {
        self.ask(|set| set.held.is_some())
    }

    pub(crate) fn lacks_listener(&self, number: usize) -> bool {
        self.ask(|set| set.off == Some(Off::Listener(number)))
    }

    pub(crate) fn lacks_event(&self, name: &str) -> bool {
        self.ask(|set| matches!(set.off, Some(Off::Event(off)) if off == name))
    }

    pub(crate) fn lacks_action(&self, title: impl FnOnce() -> String) -> bool {
        self.ask(|set| matches!(&set.off, Some(Off::Action(off)) if *off == title()))
    }

    fn change(&self, how: impl FnOnce(&mut Set)) {
        let mut set = self.set.write().unwrap_or_else(PoisonError::into_inner);
        how(&mut set);
        let any = set.twice || set.off.is_some() || set.held.is_some();
        self.any.store(any, Ordering::SeqCst);
    }

    fn ask(&self, what: impl FnOnce(&Set) -> bool) -> bool {
        self.any.load(Ordering::SeqCst) && what(&self.set.read().unwrap_or_else(PoisonError::into_inner))
    }
}
