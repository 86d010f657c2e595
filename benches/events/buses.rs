//! The same commands over RabbitMQ and over the bus of a single node, in turns: what a broker costs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pancake::bus::memory::MemoryBus;
use pancake::bus::rabbit::RabbitBus;
use pancake::bus::{self, Bus};
use pancake::dev::drive::broker::PrivateBroker;
use pancake::kernel::fault_injection::FailPoints;
use pancake::store::PrivatePostgres;

use crate::Asked;
use crate::Fault;
use crate::commands::{WARM_UP, round};
use crate::figures::{Figures, Round};
use crate::modules::{SINK, SOURCE};
use crate::site::Site;

/// What the rounds showed.
pub(crate) struct Buses {
    pub(crate) rabbit: Figures,
    pub(crate) memory: Figures,
    /// Of each pair of rounds.
    pub(crate) ratios: Vec<f64>,
}

/// Measures, with a broker of its own.
pub(crate) async fn measure(
    postgres: &PrivatePostgres,
    folder: &Path,
    asked: &Asked,
) -> Result<Buses, Fault> {
    let broker = PrivateBroker::start(&folder.join("broker")).await?;
    let bus = RabbitBus::open(&broker.url(), "bench", vec![SOURCE, SINK], FailPoints::default()).await?;
    let mut over_rabbit = Runs::open(postgres, "over_rabbit", Arc::new(bus)).await?;
    let mut over_memory = Runs::open(postgres, "over_memory", Arc::new(MemoryBus::default())).await?;
    for number in 1..=i64::from(asked.rounds) {
        let time = Duration::from_secs(asked.seconds.into());
        over_rabbit.run(number, time).await?;
        over_memory.run(number, time).await?;
    }
    let (rabbit, memory) = (over_rabbit.end().await?, over_memory.end().await?);
    let ratios = rabbit.iter().zip(&memory).map(|(one, other)| one.rate() / other.rate()).collect();
    Ok(Buses { rabbit: Figures::of(&rabbit), memory: Figures::of(&memory), ratios })
}

/// The rounds over one bus.
struct Runs {
    site: Arc<Site>,
    rounds: Vec<Round>,
    warm: u32,
}

impl Runs {
    async fn open(postgres: &PrivatePostgres, name: &str, bus: Arc<dyn Bus>) -> Result<Self, Fault> {
        let site = Arc::new(Site::open(postgres, name, bus).await?);
        bus::start(&site.ctx).await?;
        let warm = round(&site, 0, WARM_UP).await?.0.count;
        Ok(Self { site, rounds: Vec::new(), warm })
    }

    async fn run(&mut self, number: i64, time: Duration) -> Result<(), Fault> {
        self.rounds.push(round(&self.site, number, time).await?.0);
        Ok(())
    }

    /// Refuses figures of work that was not done, or that the journal did for the bus.
    async fn end(self) -> Result<Vec<Round>, Fault> {
        let done = self.warm + self.rounds.iter().map(|round| round.count).sum::<u32>();
        self.site.check(done.into()).await?;
        let taken = self.site.ctx.metrics().taken();
        if taken.journal * 100 > taken.bus {
            return Err(format!("the journal did the work of the bus: {taken:?}").into());
        }
        self.site.close().await;
        Ok(self.rounds)
    }
}
