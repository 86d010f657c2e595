//! The sites that one worker plays on: one at a time, opened when it is needed.

use std::sync::Arc;
use std::time::Duration;

use pancake::bus::Bus;
use pancake::bus::faulty::{Faults, FaultyBus};
use pancake::bus::memory::MemoryBus;
use pancake::bus::null::NullBus;
use pancake::bus::rabbit::RabbitBus;
use pancake::dev::test_site::{TestSite, TestSiteOptions};
use pancake::kernel::fault_injection::FailPoints;
use pancake::modules;

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

/// The one site that a worker has open.
pub(crate) struct Houses<'k> {
    kept: &'k Kept<'k>,
    worker: u16,
    open: Option<(Site, House)>,
    tally: Tally,
}

/// What the sites of this many workers need of either server.
pub(crate) fn connections(workers: u16) -> u16 {
    workers * CONNECTIONS
}

fn budget(site: Site) -> u16 {
    match site {
        // A pool for requests and one for the background a module.
        Site::Narrow => u16::try_from(2 * modules::registry().modules().len()).unwrap_or(u16::MAX),
        Site::Memory | Site::Faulty | Site::Null | Site::Rabbit | Site::ModuleDatabases => CONNECTIONS,
    }
}

fn options(site: Site, bus: Arc<dyn Bus>) -> TestSiteOptions {
    TestSiteOptions {
        connections: budget(site),
        bus,
        poll_ms: POLL_MS,
        shared_pace: SHARED_PACE,
        alone: true,
    }
}

/// A site's bus, and the same by its own type if it takes seeds.
async fn bus(site: Site, kept: &Kept<'_>) -> Result<(Arc<dyn Bus>, Option<Arc<FaultyBus>>), String> {
    Ok(match site {
        Site::Memory | Site::Narrow | Site::ModuleDatabases => (Arc::new(MemoryBus::default()), None),
        Site::Null => (Arc::new(NullBus::default()), None),
        Site::Faulty => {
            let bus = Arc::new(FaultyBus::new(Arc::new(MemoryBus::default()), 0));
            (bus.clone(), Some(bus))
        }
        Site::Rabbit => {
            let (url, prefix) = kept.broker().ok_or("RabbitMQ was not asked for")?.place().await?;
            let modules = modules::registry().modules().iter().map(|spec| spec.name).collect();
            let bus = RabbitBus::open(&url, &prefix, modules, FailPoints::default()).await;
            (Arc::new(bus.map_err(|error| error.to_string())?), None)
        }
    })
}

impl<'k> Houses<'k> {
    pub(crate) fn new(kept: &'k Kept<'k>, worker: u16) -> Self {
        Self { kept, worker, open: None, tally: Tally::default() }
    }

    /// The site, opened if it is not: then another is closed.
    pub(crate) async fn at(&mut self, site: Site) -> Result<&House, String> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != site) {
            self.leave().await;
            self.open =
                Some((site, self.open(site).await.map_err(|why| format!("the site does not open: {why}"))?));
        }
        self.open.as_ref().map(|(_, house)| house).ok_or_else(|| "the site is closed".to_owned())
    }

    /// On a new database, a copy of one that was migrated once.
    async fn open(&self, site: Site) -> Result<House, String> {
        let database = self.database(site);
        let templates = self.kept.templates();
        templates.copy(site, &database).await.map_err(|error| error.to_string())?;
        let (bus, faulty) = bus(site, self.kept).await?;
        let there = self.kept.postgres().options().database(&database);
        let stage = TestSite::apart(there, &templates.apart(site, &database), options(site, bus)).await;
        Ok(House::of(stage.map_err(|error| error.to_string())?, faulty))
    }

    /// Leaves the site's database as it is for somebody to look at, if there are not enough of those. Says how.
    pub(crate) async fn keep(&mut self, site: Site) -> Option<String> {
        let name = self.kept.next()?;
        self.leave().await;
        let said = self.kept.keep(&self.database(site), &name).await;
        Some(said.unwrap_or_else(|error| format!("Its database could not be kept: {error}")))
    }

    /// Closes everything. Says what the buses did.
    pub(crate) async fn close(mut self) -> Tally {
        self.leave().await;
        self.tally
    }

    /// Closes the site, if one is open: it is opened anew when it is needed next.
    pub(crate) async fn leave(&mut self) {
        let Some((site, house)) = self.open.take() else { return };
        house.stage.close().await;
        let faults = house.faulty.as_ref().map_or_else(Faults::default, |bus| bus.faults());
        self.tally.add(site, house.taken(), faults);
    }

    fn database(&self, site: Site) -> String {
        format!("stage_{}_{}", self.worker, site.name())
    }
}
