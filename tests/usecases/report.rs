//! What a run says: a heart for each case that holds, a numbered list of what to mend, one table of counts.

use std::process::ExitCode;

use pancake::usecase::UseCase;
use pancake::usecase::paint::{Ink, Paint};

use crate::play::{Kind, Outcome};

/// Counts of one way of playing.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
}

/// Everything that was tried.
pub(crate) struct Report {
    counts: [Counts; Kind::ALL.len()],
    to_mend: Vec<String>,
    skipped: Vec<String>,
    paint: Paint,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            counts: Default::default(),
            to_mend: Vec::new(),
            skipped: Vec::new(),
            paint: Paint::of_stdout(),
        }
    }
}

impl Report {
    /// Notes and prints one outcome.
    pub(crate) fn add(&mut self, case: &UseCase, kind: Kind, outcome: Outcome) {
        let counts = Kind::ALL.iter().position(|known| *known == kind).map(|at| &mut self.counts[at]);
        let Some(counts) = counts else { return };
        let paint = self.paint;
        let name = format!("{}: {}", case.module, case.name);
        match outcome {
            Outcome::Idle => {}
            Outcome::Passed => {
                counts.passed += 1;
                match kind {
                    Kind::InProcess => println!("{} {name}", paint.ink(Ink::Red, "♥")),
                    Kind::Twice => {
                        let mut events: Vec<_> = case.given_events().map(|event| event.record.name).collect();
                        let count = events.len();
                        events.sort_unstable();
                        events.dedup();
                        let line = format!("≫ {name} : {} / {count}", events.join(", "));
                        println!("{}", paint.ink(Ink::Faint, &line));
                    }
                    Kind::Http | Kind::NoSession | Kind::Stranger => {}
                }
            }
            Outcome::Skipped(reason) => {
                counts.skipped += 1;
                self.skipped.push(format!("{name} ({}): {reason}", kind.title()));
            }
            Outcome::Failed(text) => {
                counts.failed += 1;
                println!("{} {name} ({})", paint.ink(Ink::Red, "✗"), kind.title());
                self.to_mend.push(format!("{name} ({})\n{text}", kind.title()));
            }
        }
    }

    /// Notes what is wrong with the whole.
    pub(crate) fn broken(&mut self, text: String) {
        self.to_mend.push(text);
    }

    /// Prints the end, and says how it went.
    pub(crate) fn finish(self) -> ExitCode {
        if !self.skipped.is_empty() {
            println!("\nLeft out, with reason:");
            self.skipped.iter().for_each(|line| println!("  {line}"));
        }
        if !self.to_mend.is_empty() {
            println!("\n{}", self.paint.ink(Ink::Red, "Issues to fix:"));
            for (number, text) in self.to_mend.iter().enumerate() {
                println!("{:3}. {}", number + 1, text.replace('\n', "\n     "));
            }
        }
        println!("\n{:<20} {:>7} {:>7} {:>8}", "", "passed", "failed", "skipped");
        let mut all = Counts::default();
        for (kind, counts) in Kind::ALL.iter().zip(&self.counts) {
            let Counts { passed, failed, skipped } = counts;
            println!("{:<20} {passed:>7} {failed:>7} {skipped:>8}", kind.title());
            all.passed += passed;
            all.failed += failed;
            all.skipped += skipped;
        }
        println!("{:<20} {:>7} {:>7} {:>8}", "together", all.passed, all.failed, all.skipped);
        if self.to_mend.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
