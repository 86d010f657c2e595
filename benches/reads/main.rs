//! `./r bench reads`: how many pages and answers a second a large site gives, in proportion to a bare handler on the
//! same server in the same minute.
//!
//! Machines differ and have neighbours, so what counts is the ratio of rounds that take turns. Loading the members takes
//! minutes, so their database is kept under target/. A run works on a copy of it, which whatever version of the program
//! may migrate, and which goes with the run.

#[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "it is as bare as can be")]
mod bare;
#[expect(clippy::disallowed_methods, reason = "the end of a round waits for them")]
mod client;
#[path = "../shared/figures.rs"]
mod figures;
mod large;
mod measures;
#[path = "../../tests/shared/population.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod population;
#[path = "../../tests/shared/site.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod site;

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use pancake::dev::test_site::TestSite;
use pancake::store::{PrivatePostgres, Server};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use tokio::signal::unix::{SignalKind, signal};

use bare::Bare;
use figures::{Figures, Round, median};
use measures::Measure;
use site::Site;

/// Whatever ends a run: it is said and nothing more.
pub(crate) type Fault = Box<dyn Error + Send + Sync>;

/// The database of a run, which goes with it.
const RUN: &str = "reads_run";
/// Of the site, which has 90 by default, of the bare handler, and some to spare.
const CONNECTIONS_MAX: u16 = 150;

/// Measures how many pages and answers a second a large site gives, next to a bare handler.
#[derive(Debug, Parser)]
#[command(name = "./r bench reads", max_term_width = 100)]
pub(crate) struct Asked {
    /// Fail below the ratios that are wanted
    #[arg(long)]
    check: bool,
    /// Members of the site, each with a story
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1000..=10_000_000))]
    members: u32,
    /// Rounds, after one that does not count
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Milliseconds for each page in each round, and as many for the bare handler
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(100..=60_000))]
    time: u64,
    /// Connections that ask at once
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=500))]
    connections: u16,
    /// Measure only what has this in its name
    #[arg(long, default_value = "")]
    only: String,
    /// Load the members anew
    #[arg(long)]
    fresh: bool,
    /// Keep the copied database running until a signal, and measure nothing
    #[arg(long)]
    hold: bool,
    /// Serve the bare handler on this database
    #[arg(long, hide = true)]
    bare: Option<String>,
    /// What `cargo bench` says to every benchmark
    #[arg(long = "bench", hide = true)]
    cargo: bool,
}

fn main() -> ExitCode {
    let asked = Asked::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(Into::into).and_then(|runtime| match &asked.bare {
        Some(database) => runtime.block_on(bare::serve(database)),
        None => runtime.block_on(run(&asked)),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(asked: &Asked) -> Result<(), Fault> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reads");
    let server = Server { durable: true, max_connections: CONNECTIONS_MAX };
    let postgres = PrivatePostgres::start(&folder.join("postgres"), server).await?;
    let outcome = tokio::select! {
        outcome = measure(asked, &postgres, &folder) => outcome,
        _ = interrupt.recv() => Err("ended by a signal".into()),
        _ = terminate.recv() => Err("ended by a signal".into()),
    };
    drop_database(&postgres, RUN).await?;
    postgres.stop().await?;
    let short = outcome?;
    if asked.check && !short.is_empty() {
        return Err(short.join("; ").into());
    }
    Ok(())
}

async fn drop_database(postgres: &PrivatePostgres, name: &str) -> Result<(), Fault> {
    let mut conn = postgres.options().connect().await?;
    conn.execute(AssertSqlSafe(format!("drop database if exists {name} with (force)"))).await?;
    Ok(())
}

/// Measures and prints. Returns what falls short.
async fn measure(asked: &Asked, postgres: &PrivatePostgres, folder: &Path) -> Result<Vec<String>, Fault> {
    let kept = large::kept(postgres, asked).await?;
    TestSite::copy_database(postgres, &kept, RUN).await?;
    let options = postgres.options().database(RUN);
    let url = site::url(&options, "pancake", "", RUN);
    if asked.hold {
        println!("DATABASE_URL='{url}'");
        std::future::pending::<()>().await;
    }
    let mut conn = options.connect().await?;
    bare::fill(&mut conn).await?;
    let bare = Bare::start(&url).await?;
    let environment = [("DATABASE_URL", url.as_str()), ("LIMITS_FACTOR", "100000")];
    let site = Site::start(&folder.join("site"), &environment);
    let address = site.address().parse()?;
    let readers = large::readers(&mut conn).await?;
    let mut measures = measures::all(address, &readers).await?;
    measures.retain(|measure| measure.name.contains(&asked.only));
    let rounds = rounds(asked, address, &bare, &measures).await?;
    println!("{} members, {} rounds, {} connections", asked.members, asked.rounds, asked.connections);
    Ok(print(&measures, &rounds))
}

/// What the rounds of one page showed, each with its ratio to the bare handler just before and after it.
#[derive(Default)]
struct Taken {
    rounds: Vec<Round>,
    ratios: Vec<f64>,
}

/// First those of the bare handler, then those of each measure.
async fn rounds(
    asked: &Asked,
    address: SocketAddr,
    bare: &Bare,
    measures: &[Measure],
) -> Result<Vec<Taken>, Fault> {
    let time = Duration::from_millis(asked.time);
    let load = |address, asks| client::load(address, asks, asked.connections, time);
    let mut taken: Vec<Taken> = std::iter::repeat_with(Taken::default).take(measures.len() + 1).collect();
    for number in 0..=asked.rounds {
        let mut before = load(bare.address, &bare.asks).await?;
        for (at, measure) in measures.iter().enumerate() {
            let ours = load(address, &measure.asks).await?;
            let after = load(bare.address, &bare.asks).await?;
            let ratio = ours.rate() / f64::midpoint(before.rate(), after.rate());
            let reference = std::mem::replace(&mut before, after);
            // In the first round nobody has asked before: statements are planned, pages come from the disk.
            if number > 0 {
                taken[0].rounds.push(reference);
                taken[at + 1].rounds.push(ours);
                taken[at + 1].ratios.push(ratio);
            }
        }
    }
    Ok(taken)
}

fn print(measures: &[Measure], taken: &[Taken]) -> Vec<String> {
    let mut short = Vec::new();
    let names = ["a bare handler, 21 rows"].into_iter().chain(measures.iter().map(|measure| measure.name));
    let wanted = [None].into_iter().chain(measures.iter().map(|measure| measure.wanted));
    for ((name, wanted), taken) in names.zip(wanted).zip(taken) {
        let Figures { rate, p50, p99 } = Figures::of(&taken.rounds);
        let (p50, p99) = (p50.as_secs_f64() * 1e3, p99.as_secs_f64() * 1e3);
        let ratio = median(taken.ratios.iter().copied());
        let says = wanted.map(|wanted| format!("wanted {wanted:.2}")).unwrap_or_default();
        println!(
            "  {name:<34}{rate:>7.0}/s  ratio {ratio:>5.3}  p50 {p50:>6.1} ms  p99 {p99:>6.1} ms  {says}"
        );
        if let Some(wanted) = wanted.filter(|wanted| ratio < *wanted) {
            short.push(format!("{name}: {ratio:.3} of the bare handler, less than {wanted}"));
        }
    }
    short
}
