//! Commands of one event each, with relay and consumer keeping up, in turns with pgbench.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use pancake::bus::{self, memory::MemoryBus};
use pancake::kernel::failure::Failure;
use pancake::store::PrivatePostgres;

use crate::Asked;
use crate::Fault;
use crate::WRITERS;
use crate::figures::{Figures, Round, median};
use crate::modules::{NoteLeft, SOURCE_SPEC};
use crate::pgbench::Pgbench;
use crate::site::Site;

/// A part of a second in which connections are opened and statements prepared; not counted.
pub(crate) const WARM_UP: Duration = Duration::from_millis(700);

/// What the rounds showed.
pub(crate) struct Commands {
    pub(crate) ours: Figures,
    pub(crate) pgbench: Figures,
    /// Of each pair of rounds: commands a second by transactions of pgbench a second.
    pub(crate) ratios: Vec<f64>,
    /// How long the consumer took, after the last commit, to have handled everything.
    pub(crate) lag: Duration,
}

/// Measures.
pub(crate) async fn measure(
    postgres: &PrivatePostgres,
    folder: &Path,
    asked: &Asked,
) -> Result<Commands, Fault> {
    let site = Arc::new(Site::open(postgres, "commands", Arc::new(MemoryBus::default())).await?);
    let pgbench = Pgbench::prepare(&site, folder, &asked.pgbench).await?;
    bus::start(&site.ctx).await?;
    let mut done = round(&site, 0, WARM_UP).await?.0.count;
    pgbench.run(0, 1).await?;
    let (mut ours, mut theirs, mut lags) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=i64::from(asked.rounds) {
        let (round, lag) = round(&site, number, Duration::from_secs(asked.seconds.into())).await?;
        done += round.count;
        ours.push(round);
        lags.push(lag);
        theirs.push(pgbench.run(number, asked.seconds).await?);
    }
    site.check(done.into()).await?;
    site.close().await;
    let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours.rate() / theirs.rate()).collect();
    let lag = Duration::from_secs_f64(median(lags.iter().map(Duration::as_secs_f64)));
    Ok(Commands { ours: Figures::of(&ours), pgbench: Figures::of(&theirs), ratios, lag })
}

/// Sixteen writers for so long, then the wait for the consumer, which counts.
pub(crate) async fn round(site: &Arc<Site>, number: i64, time: Duration) -> Result<(Round, Duration), Fault> {
    let begun = Instant::now();
    let writers = (0..i64::from(WRITERS)).map(|writer| {
        let site = site.clone();
        site.ctx.clone().spawn(async move {
            let mut latencies = Vec::new();
            let mut note = (number << 40) + (writer << 32);
            while begun.elapsed() < time {
                let at = Instant::now();
                command(&site, note).await?;
                latencies.push(at.elapsed());
                note += 1;
            }
            Ok::<_, Failure>(latencies)
        })
    });
    let latencies: Vec<Vec<Duration>> =
        try_join_all(writers).await?.into_iter().collect::<Result<_, Failure>>()?;
    let written = begun.elapsed();
    site.drained().await?;
    let elapsed = begun.elapsed();
    let latencies = latencies.concat();
    Ok((
        Round { count: u32::try_from(latencies.len())?, elapsed, latencies },
        elapsed.saturating_sub(written),
    ))
}

async fn command(site: &Site, note: i64) -> Result<(), Failure> {
    let mut tx = site.ctx.begin(&SOURCE_SPEC).await?;
    let _ = tx.emit(NoteLeft::numbered(note)).await?;
    tx.commit().await
}
