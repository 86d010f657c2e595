//! The sites that one worker plays on, one a bus, each opened when it is first needed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use pancake::bus::Bus;
use pancake::bus::faulty::{Faults, FaultyBus};
use pancake::bus::memory::MemoryBus;
use pancake::bus::null::NullBus;
use pancake::stage::{StageError, StageOptions};

use crate::kept::Kept;
use crate::kind::Site;
use crate::stage::House;
use crate::tally::Tally;

/// Of one site, all modules together.
const CONNECTIONS: u16 = 48;
/// So long that nothing waits for it: what comes from the journal was looked for, or was missing.
const POLL_MS: u64 = 60_000;

/// See the module.
pub(crate) struct Houses<'k> {
    kept: &'k Kept<'k>,
    worker: usize,
    open: BTreeMap<Site, House>,
    tally: Tally,
}

/// What the sites of this many workers need of the server.
pub(crate) fn connections(workers: usize, modules: usize) -> u16 {
    let sum: usize = Site::ALL.map(|site| usize::from(budget(site, modules))).iter().sum();
    u16::try_from(workers * sum).unwrap_or(u16::MAX)
}

/// A pool for requests and one for the background a module.
fn budget(site: Site, modules: usize) -> u16 {
    match site {
        Site::Narrow => u16::try_from(2 * modules).unwrap_or(u16::MAX),
        Site::Memory | Site::Faulty | Site::Null => CONNECTIONS,
    }
}

impl<'k> Houses<'k> {
    pub(crate) fn new(kept: &'k Kept<'k>, worker: usize) -> Self {
        Self { kept, worker, open: BTreeMap::new(), tally: Tally::default() }
    }

    /// The site, opened if it is not.
    pub(crate) async fn at(&mut self, site: Site) -> Result<&House, StageError> {
        let name = self.database(site);
        match self.open.entry(site) {
            Entry::Occupied(house) => Ok(house.into_mut()),
            Entry::Vacant(place) => {
                let modules = pancake::modules::registry().modules().len();
                let mut faulty = None;
                let bus: Arc<dyn Bus> = match site {
                    Site::Memory | Site::Narrow => Arc::new(MemoryBus::default()),
                    Site::Null => Arc::new(NullBus::default()),
                    Site::Faulty => {
                        let bus = Arc::new(FaultyBus::new(Arc::new(MemoryBus::default()), 0));
                        faulty = Some(bus.clone());
                        bus
                    }
                };
                let options = StageOptions { connections: budget(site, modules), bus, poll_ms: POLL_MS };
                Ok(place.insert(House::open(self.kept.postgres(), &name, options, faulty).await?))
            }
        }
    }

    /// Leaves the site's database as it is for somebody to look at, if there are not enough of those. Says how.
    pub(crate) async fn keep(&mut self, site: Site) -> Option<String> {
        let name = self.kept.next()?;
        self.close_one(site).await;
        let said = self.kept.keep(&self.database(site), &name).await;
        Some(said.unwrap_or_else(|error| format!("Its database could not be kept: {error}")))
    }

    /// Closes everything. Says what the buses did.
    pub(crate) async fn close(mut self) -> Tally {
        for site in Site::ALL {
            self.close_one(site).await;
        }
        self.tally
    }

    async fn close_one(&mut self, site: Site) {
        let Some(house) = self.open.remove(&site) else { return };
        house.stage.close().await;
        let faults = house.faulty.map_or_else(Faults::default, |bus| bus.faults());
        self.tally.add(site, house.stage.ctx.metrics().taken(), faults);
    }

    fn database(&self, site: Site) -> String {
        format!("stage_{}_{}", self.worker, site.name())
    }
}
