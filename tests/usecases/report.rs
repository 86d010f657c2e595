//! What a run says: a heart for each case that holds, a numbered list of what to mend, one table of counts.

use std::collections::BTreeMap;
use std::process::ExitCode;

use pancake::dev::usecase::UseCase;
use pancake::dev::usecase::paint::{Ink, Paint};
use pancake::kernel::module::Registry;

use crate::gate::Proof;
use crate::kind::{Kind, Mark, Outcome, Site};
use crate::stage::Door;
use crate::table::{self, Counts};
use crate::tally::Tally;

/// Everything that was tried.
pub(crate) struct Report {
    whole: BTreeMap<(Site, Door, Mark), Counts>,
    /// The other ways, by title, in the order in which they were first played.
    others: Vec<(String, Counts)>,
    tally: Tally,
    /// Of the gate; without it, nothing was switched off.
    proof: Option<Proof>,
    to_mend: Vec<String>,
    skipped: Vec<String>,
    /// Actions that had to show people despite blocks, with their reasons.
    excepted: BTreeMap<String, &'static str>,
    paint: Paint,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            whole: BTreeMap::new(),
            others: Vec::new(),
            tally: Tally::default(),
            proof: None,
            to_mend: Vec::new(),
            skipped: Vec::new(),
            excepted: BTreeMap::new(),
            paint: Paint::of_stdout(),
        }
    }
}

impl Report {
    fn counts(&mut self, kind: Kind) -> &mut Counts {
        if let Kind::Whole { site, door, mark, .. } = kind {
            return self.whole.entry((site, door, mark)).or_default();
        }
        let title = kind.title();
        let at = self.others.iter().position(|(known, _)| *known == title).unwrap_or_else(|| {
            self.others.push((title, Counts::default()));
            self.others.len() - 1
        });
        &mut self.others[at].1
    }

    /// Notes and prints one outcome.
    pub(crate) fn add(&mut self, case: &UseCase, kind: Kind, outcome: Outcome) {
        let paint = self.paint;
        let counts = self.counts(kind);
        let name = format!("{}: {}", case.module, case.name);
        match outcome {
            Outcome::Idle => {}
            Outcome::Passed => {
                counts.passed += 1;
                // One line each, however many buses and doors there are.
                if kind == Kind::FIRST {
                    println!("{} {name}", paint.ink(Ink::Red, Mark::Once.sign()));
                } else if kind == Kind::FIRST_TWICE {
                    let mut events: Vec<_> = case.given_events().map(|event| event.record.name).collect();
                    let count = events.len();
                    events.sort_unstable();
                    events.dedup();
                    let line = format!("{} {name} : {} / {count}", Mark::Twice.sign(), events.join(", "));
                    println!("{}", paint.ink(Ink::Faint, &line));
                }
            }
            Outcome::Excepted(actions) => {
                counts.passed += 1;
                self.excepted.extend(actions);
            }
            Outcome::Skipped(reason) => {
                counts.skipped += 1;
                self.skipped.push(format!("{name} ({}): {reason}", kind.title()));
            }
            Outcome::Failed(text) => {
                counts.failed += 1;
                let seed = kind.seed().map(|seed| format!(", seed {seed}")).unwrap_or_default();
                let way = format!("{}{seed}", kind.title());
                println!("{} {name} ({way})", paint.ink(Ink::Red, "✗"));
                let again =
                    kind.seed().map(|seed| format!("\nAgain: ./r test \"{}\" --seed {seed}", case.name));
                self.to_mend.push(format!("{name} ({way})\n{text}{}", again.unwrap_or_default()));
            }
        }
    }

    /// Notes what is wrong with the whole.
    pub(crate) fn broken(&mut self, text: String) {
        self.to_mend.push(text);
    }

    /// True while nothing has failed.
    pub(crate) fn holds(&self) -> bool {
        self.to_mend.is_empty()
    }

    /// Notes what is missed by some use case, and what by none.
    pub(crate) fn proven(&mut self, mut proof: Proof) {
        self.to_mend.append(&mut proof.gaps);
        self.proof = Some(proof);
    }

    /// Notes what the buses of one worker did.
    pub(crate) fn carried(&mut self, tally: Tally) {
        self.tally.merge(tally);
    }

    /// Notes what is wrong with what the buses did, all in all.
    pub(crate) fn judge_buses(&mut self) {
        self.to_mend.extend(self.tally.broken());
    }

    /// Notes exceptions that no use case needs: they hide what nobody has looked at.
    pub(crate) fn judge_exceptions(&mut self, registry: &Registry) {
        for record in registry.actions() {
            let (Some(despite), title) = (record.action.despite_blocks, record.title()) else { continue };
            if !self.excepted.contains_key(&title) {
                self.broken(format!(
                    "{title}: no use case needs its {}(…): take it out, or write the use case",
                    despite.name()
                ));
            }
        }
    }

    /// Prints the end, and says how it went.
    pub(crate) fn finish(self) -> ExitCode {
        if !self.skipped.is_empty() || !self.excepted.is_empty() {
            println!("\nLeft out, with reason:");
            for (action, reason) in &self.excepted {
                println!("  {action} ({}): {reason}", Kind::Blocked.title());
            }
            self.skipped.iter().for_each(|line| println!("  {line}"));
        }
        if !self.to_mend.is_empty() {
            println!("\n{}", self.paint.ink(Ink::Red, "Issues to fix:"));
            for (number, text) in self.to_mend.iter().enumerate() {
                println!("{:3}. {}", number + 1, text.replace('\n', "\n     "));
            }
        }
        println!();
        table::lines(&self.whole, &self.others, &self.tally).iter().for_each(|line| println!("{line}"));
        self.proof.iter().for_each(|proof| println!("{}", proof.line()));
        if self.to_mend.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
