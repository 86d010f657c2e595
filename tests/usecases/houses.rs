//! The sites that one worker plays on, one a bus, each opened when it is first needed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pancake::bus::Bus;
use pancake::bus::faulty::{Faults, FaultyBus};
use pancake::bus::memory::MemoryBus;
use pancake::bus::null::NullBus;
use pancake::bus::rabbit::RabbitBus;
use pancake::fail_point::FailPoints;
use pancake::modules;
use pancake::stage::{Stage, StageError, StageOptions};

use crate::kept::Kept;
use crate::kind::Site;
use crate::stage::House;
use crate::tally::Tally;

/// Of one site, all modules together.
const CONNECTIONS: u16 = 48;
/// So long that nothing waits for it: what comes from the journal was looked for, or was missing.
const POLL_MS: u64 = 60_000;
/// So short that it is waited for, and costs nothing.
const SHARED_PACE: Duration = Duration::from_millis(10);

/// See the module.
pub(crate) struct Houses<'k> {
    kept: &'k Kept<'k>,
    worker: u16,
    open: BTreeMap<Site, House>,
    tally: Tally,
}

/// What the sites of this many workers need of the server.
pub(crate) fn connections(workers: u16) -> u16 {
    workers * Site::ALL.map(budget).iter().sum::<u16>()
}

/// The same for the other server.
pub(crate) fn connections_beside(workers: u16) -> u16 {
    (workers + 1) * budget(Site::Apart)
}

fn budget(site: Site) -> u16 {
    match site {
        // A pool for requests and one for the background a module.
        Site::Narrow => u16::try_from(2 * modules::registry().modules().len()).unwrap_or(u16::MAX),
        Site::Memory | Site::Faulty | Site::Null | Site::Rabbit | Site::Apart => CONNECTIONS,
    }
}

fn options(site: Site, bus: Arc<dyn Bus>) -> StageOptions {
    StageOptions { connections: budget(site), bus, poll_ms: POLL_MS, shared_pace: SHARED_PACE, alone: true }
}

/// A site's bus, and the same by its own type if it takes seeds.
async fn bus(site: Site, kept: &Kept<'_>) -> Result<(Arc<dyn Bus>, Option<Arc<FaultyBus>>), StageError> {
    Ok(match site {
        Site::Memory | Site::Narrow | Site::Apart => (Arc::new(MemoryBus::default()), None),
        Site::Null => (Arc::new(NullBus::default()), None),
        Site::Faulty => {
            let bus = Arc::new(FaultyBus::new(Arc::new(MemoryBus::default()), 0));
            (bus.clone(), Some(bus))
        }
        Site::Rabbit => {
            // Of its own, or it would get what was left for another.
            let (url, prefix) = kept.broker();
            let modules = modules::registry().modules().iter().map(|spec| spec.name).collect();
            (Arc::new(RabbitBus::open(&url, &prefix, modules, FailPoints::default()).await?), None)
        }
    })
}

impl<'k> Houses<'k> {
    pub(crate) fn new(kept: &'k Kept<'k>, worker: u16) -> Self {
        Self { kept, worker, open: BTreeMap::new(), tally: Tally::default() }
    }

    /// The site, opened if it is not.
    pub(crate) async fn at(&mut self, site: Site) -> Result<&House, StageError> {
        if !self.open.contains_key(&site) {
            let house = self.open(site).await?;
            self.open.insert(site, house);
        }
        self.open.get(&site).ok_or(StageError::Late)
    }

    /// On a new database, a copy of one that was migrated once.
    async fn open(&self, site: Site) -> Result<House, StageError> {
        let database = self.database(site);
        let templates = self.kept.templates();
        templates.copy(site, &database).await?;
        let (bus, faulty) = bus(site, self.kept).await?;
        let there = self.kept.postgres().options().database(&database);
        let stage = Stage::apart(there, &templates.apart(site, &database), options(site, bus)).await?;
        Ok(House::of(stage, faulty))
    }

    /// Leaves the site's database as it is for somebody to look at, if there are not enough of those. Says how.
    pub(crate) async fn keep(&mut self, site: Site) -> Option<String> {
        let name = self.kept.next()?;
        self.close_one(site).await;
        let said = self.kept.keep(&self.database(site), &name).await;
        Some(said.unwrap_or_else(|error| format!("Its database could not be kept: {error}")))
    }

    /// Opens the site anew when it is needed next.
    pub(crate) async fn renew(&mut self, site: Site) {
        self.close_one(site).await;
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
        let faults = house.faulty.as_ref().map_or_else(Faults::default, |bus| bus.faults());
        self.tally.add(site, house.taken(), faults);
    }

    fn database(&self, site: Site) -> String {
        format!("stage_{}_{}", self.worker, site.name())
    }
}
