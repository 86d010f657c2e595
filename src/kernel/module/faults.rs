//! Whether what the modules say of themselves fits together.

use std::collections::{BTreeMap, BTreeSet};

use super::{Policy, Registry};
use crate::kernel::problem::Problem;

impl Registry {
    /// What does not fit together in an action, a sentence each.
    fn faults_of_actions(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut said: BTreeMap<&str, Problem> = BTreeMap::new();
        for record in &self.actions {
            let title = format!("{}: {}", record.module, record.title());
            let takes_actor = record.signature.is_some_and(|signature| signature.takes_actor);
            if takes_actor && record.action.policy == Policy::Public {
                faults.push(format!("{title} is for everybody, and its handler takes an Actor"));
            }
            for problem in &record.action.refuses {
                let of = problem.code.split_once('.').map(|(module, _)| module);
                if of.is_some_and(|module| module != record.module) {
                    faults.push(format!("{title} refuses with {}, another module's code", problem.code));
                }
                if said.insert(problem.code, *problem).is_some_and(|before| before != *problem) {
                    faults.push(format!("{title}: {} means two things", problem.code));
                }
            }
        }
        faults
    }

    /// What does not fit together, a sentence each.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = self.faults_of_actions();
        for record in &self.actions {
            let first = record.action.path.split('/').nth(1).unwrap_or_default();
            let owner = self.modules.iter().find(|spec| spec.segments.contains(&first));
            if owner.map(|spec| spec.name) != Some(record.module) {
                faults.push(format!(
                    "{}: {} is not below one of its segments",
                    record.module,
                    record.title()
                ));
            }
        }
        let mut names = BTreeSet::new();
        for event in self.events.values() {
            if !names.insert(event.name) {
                faults.push(format!("{}: two modules publish an event of this name", event.name));
            }
            let own = self.listeners.iter().any(|l| l.module == event.source && l.event == event.name);
            if event.published && !own {
                faults.push(format!(
                    "{}: {} has no own listener, so it would never be published",
                    event.source, event.name
                ));
            }
        }
        for listener in &self.listeners {
            if !self.events.contains_key(&(listener.source, listener.event)) {
                faults.push(format!(
                    "{}: listens to {} of {}, which nobody declares",
                    listener.module, listener.event, listener.source
                ));
            }
        }
        let mut segments = BTreeSet::new();
        for spec in &self.modules {
            for segment in spec.segments {
                if !segments.insert(*segment) {
                    faults.push(format!("{}: another module owns /{segment}", spec.name));
                }
            }
        }
        faults
    }
}
