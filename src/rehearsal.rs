//! What use cases may turn on a running site, to see whether it holds: nothing of it is ever set in production.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

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

/// See the module.
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
