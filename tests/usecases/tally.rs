//! What the buses carried: the proof that they do something, which answers alone would not give, since the
//! journals repair everything.

use std::collections::BTreeMap;

use pancake::bus::faulty::Faults;
use pancake::kernel::metrics::Taken;

use crate::kind::Site;

/// Where the consumers of all stages had their entries from.
#[derive(Default)]
pub(crate) struct Tally {
    taken: BTreeMap<Site, Taken>,
    faults: Faults,
}

impl Tally {
    /// Adds what a site did until it closed.
    pub(crate) fn add(&mut self, site: Site, taken: Taken, faults: Faults) {
        let sum = self.taken.entry(site).or_default();
        sum.bus += taken.bus;
        sum.journal += taken.journal;
        self.faults.drops += faults.drops;
        self.faults.repeats += faults.repeats;
        self.faults.reorders += faults.reorders;
        self.faults.signals += faults.signals;
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (site, taken) in other.taken {
            self.add(site, taken, Faults::default());
        }
        self.add(Site::Faulty, Taken::default(), other.faults);
    }

    /// By site.
    pub(crate) fn taken(&self) -> impl Iterator<Item = (Site, Taken)> {
        self.taken.iter().map(|(site, taken)| (*site, *taken))
    }

    /// What the faulty bus did, if it was there.
    pub(crate) fn faults(&self) -> Option<String> {
        self.taken.contains_key(&Site::Faulty).then(|| {
            let Faults { drops, repeats, reorders, signals } = self.faults;
            let [drops, repeats, reorders, signals] = [drops, repeats, reorders, signals].map(grouped);
            format!(
                "The faulty bus dropped {drops}, repeated {repeats} and reordered {reorders} entries, and lost or \
                 repeated {signals} signals."
            )
        })
    }

    /// What a whole run refuses.
    pub(crate) fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for (site, Taken { bus, journal }) in &self.taken {
            let title = site.title();
            if *bus == 0 && *site != Site::Null {
                broken.push(format!("{title}: no entry came from the bus"));
            }
            if *bus > 0 && *site == Site::Null {
                broken.push(format!("{title}: {bus} entries came from the bus"));
            }
            if *journal > 0
                && matches!(site, Site::Memory | Site::Rabbit | Site::Narrow | Site::ModuleDatabases)
            {
                broken.push(format!("{title}: {journal} entries had to be read from the journal"));
            }
            if *journal == 0 && matches!(site, Site::Faulty | Site::Null) {
                broken.push(format!("{title}: no entry came from the journal"));
            }
        }
        let Faults { drops, repeats, reorders, signals } = self.faults;
        for (what, count) in [
            ("drops", drops),
            ("repeats", repeats),
            ("reorders", reorders),
            ("loses or repeats signals", signals),
        ] {
            if count == 0 {
                broken.push(format!("the faulty bus never {what}"));
            }
        }
        broken
    }
}

/// 1234567 as 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
