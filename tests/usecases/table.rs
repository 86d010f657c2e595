//! The table at the end of a run: what was played how often, and what the buses carried meanwhile.

use std::collections::BTreeMap;

use crate::kind::{Mark, Site};
use crate::stage::Door;
use crate::tally::{Tally, grouped};

/// Counts of one way of playing.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// `324 / 0 / 0`
    fn cell(self) -> String {
        let Self { passed, failed, skipped } = self;
        format!("{passed:>6} /{failed:>3} /{skipped:>3}")
    }
}

/// One row a bus, then the other ways, then the entries.
pub(crate) fn lines(
    whole: &BTreeMap<(Site, Door, Mark), Counts>,
    others: &[(String, Counts)],
    tally: &Tally,
) -> Vec<String> {
    let columns: Vec<_> = Door::ALL.iter().flat_map(|door| Mark::ALL.map(|mark| (*door, mark))).collect();
    let mut all = Counts::default();
    let mut lines = Vec::new();
    if !whole.is_empty() {
        let head =
            columns.iter().map(|(door, mark)| format!("{:>17}", format!("{} {}", mark.sign(), door.title())));
        lines.push(format!("{:<22}{}", "passed/failed/skipped", head.collect::<String>()));
    }
    for site in Site::ALL {
        let cells: Vec<Option<Counts>> =
            columns.iter().map(|(door, mark)| whole.get(&(site, *door, *mark)).copied()).collect();
        if cells.iter().any(Option::is_some) {
            cells.iter().flatten().for_each(|counts| all.add(*counts));
            let cells = cells.into_iter().map(|counts| format!("{:>17}", counts.unwrap_or_default().cell()));
            lines.push(format!("{:<22}{}", site.title(), cells.collect::<String>()));
        }
    }
    for (title, counts) in others {
        all.add(*counts);
        lines.push(format!("{title:<22}{:>17}", counts.cell()));
    }
    lines.push(format!("{:<22}{:>17}", "together", all.cell()));
    lines.push(String::new());
    lines.push(format!("{:<22}{:>17}{:>17}", "entries", "from the bus", "from the journal"));
    for (site, taken) in tally.taken() {
        let (bus, journal) = (grouped(taken.bus), grouped(taken.journal));
        lines.push(format!("{:<22}{bus:>17}{journal:>17}", site.title()));
    }
    lines.extend(tally.faults());
    lines
}
