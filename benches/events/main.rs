//! `./r bench`: how fast events are, in proportion to what Postgres does by itself in the same minute.
//!
//! Machines differ and have neighbours, so what counts is the ratio of rounds that take turns. The server is
//! a private one, with fsync on, and goes with the run.

mod backlog;
mod buses;
mod commands;
#[path = "../shared/figures.rs"]
mod figures;
mod modules;
mod pgbench;
mod site;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use pancake::store::{self, PrivatePostgres, Server};
use sqlx::{ConnectOptions, query_scalar};
use tokio::signal::unix::{SignalKind, signal};

use backlog::Backlog;
use buses::Buses;
use commands::Commands;
use figures::{median, sorted};

/// Whatever ends a run: it is said and nothing more.
pub(crate) type Fault = Box<dyn Error + Send + Sync>;

/// At once.
pub(crate) const WRITERS: u16 = 16;
/// Commands with relay and consumer, by the bare inserts of pgbench.
const RATIO_MIN: f64 = 0.6;
/// Events a second out of a backlog.
const DRAIN_MIN: f64 = 50_000.0;
/// Commands over RabbitMQ, by the same over the bus of a single node.
const BROKER_MIN: f64 = 0.5;
/// Settings of the server without which nothing is proven.
const DURABLE: [&str; 3] = ["fsync", "synchronous_commit", "full_page_writes"];

/// Measures the way of events, next to pgbench.
#[derive(Debug, Parser)]
#[command(name = "./r bench", max_term_width = 100)]
pub(crate) struct Asked {
    /// Fail below the bounds
    #[arg(long)]
    check: bool,
    /// Rounds of commands, in turns with pgbench
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Seconds of a round
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
    /// Events of the backlog
    #[arg(long, default_value_t = 300_000, value_parser = clap::value_parser!(u32).range(1000..=100_000_000))]
    events: u32,
    /// How often the backlog is drained; 0 leaves it out
    #[arg(long, default_value_t = 3)]
    drains: u16,
    /// Compare RabbitMQ with the bus of a single node, too
    #[arg(long)]
    broker: bool,
    /// The program
    #[arg(long, env = "PGBENCH", default_value = "pgbench")]
    pgbench: PathBuf,
    /// What `cargo bench` says to every benchmark
    #[arg(long = "bench", hide = true)]
    cargo: bool,
}

fn main() -> ExitCode {
    let asked = Asked::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run(&asked))) {
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
    let folder = std::env::temp_dir().join(format!("pancake-bench-{}", std::process::id()));
    let postgres =
        PrivatePostgres::start(&folder.join("data"), Server { durable: true, max_connections: 100 }).await?;
    let outcome = tokio::select! {
        outcome = measure(asked, &postgres, &folder) => outcome,
        _ = interrupt.recv() => Err("ended by a signal".into()),
        _ = terminate.recv() => Err("ended by a signal".into()),
    };
    postgres.stop().await?;
    store::discard(&folder.join("data")).await?;
    std::fs::remove_dir_all(&folder)?;
    let short = outcome?;
    if asked.check && !short.is_empty() {
        return Err(short.join("; ").into());
    }
    Ok(())
}

/// Measures and prints. Returns what falls short.
async fn measure(asked: &Asked, postgres: &PrivatePostgres, folder: &Path) -> Result<Vec<String>, Fault> {
    refuse_unsafe(postgres).await?;
    let mut short = Vec::new();
    let commands = commands::measure(postgres, folder, asked).await?;
    let ratio = print_commands(&commands);
    if ratio < RATIO_MIN {
        short.push(format!("commands: {ratio:.2} of pgbench, less than {RATIO_MIN}"));
    }
    if asked.broker {
        let ratio = print_buses(&buses::measure(postgres, folder, asked).await?);
        if ratio < BROKER_MIN {
            short.push(format!("RabbitMQ: {ratio:.2} of the bus of a single node, less than {BROKER_MIN}"));
        }
    }
    if asked.drains > 0 {
        let backlog = backlog::measure(postgres, asked).await?;
        let rate = print_backlog(&backlog);
        if rate < DRAIN_MIN {
            short.push(format!("backlog: {rate:.0} events a second, less than {DRAIN_MIN}"));
        }
    }
    Ok(short)
}

async fn refuse_unsafe(postgres: &PrivatePostgres) -> Result<(), Fault> {
    let mut conn = postgres.options().connect().await?;
    for setting in DURABLE {
        let value: String =
            query_scalar("select current_setting($1)").bind(setting).fetch_one(&mut conn).await?;
        if value != "on" {
            return Err(format!("the server has {setting} {value}").into());
        }
    }
    Ok(())
}

fn print_commands(commands: &Commands) -> f64 {
    let Commands { ours, pgbench, ratios, lag } = commands;
    println!("Commands with one event and one consumer keeping up, {WRITERS} writers, fsync on");
    for (name, figures) in [("pancake", ours), ("pgbench", pgbench)] {
        let (p50, p99) = (figures.p50.as_secs_f64() * 1e3, figures.p99.as_secs_f64() * 1e3);
        println!("  {name:<22}{:>8.0} a second   p50 {p50:.1} ms   p99 {p99:.1} ms", figures.rate);
    }
    println!("  {:<22}{:>8.0} ms", "consumer behind by", lag.as_secs_f64() * 1e3);
    print_ratio(ratios.clone(), &format!("at least {RATIO_MIN}"))
}

fn print_buses(buses: &Buses) -> f64 {
    println!("The same over RabbitMQ, in turns with the bus of a single node");
    for (name, figures) in [("RabbitMQ", &buses.rabbit), ("memory", &buses.memory)] {
        let (p50, p99) = (figures.p50.as_secs_f64() * 1e3, figures.p99.as_secs_f64() * 1e3);
        println!("  {name:<22}{:>8.0} a second   p50 {p50:.1} ms   p99 {p99:.1} ms", figures.rate);
    }
    print_ratio(buses.ratios.clone(), &format!("at least {BROKER_MIN}"))
}

fn print_backlog(backlog: &Backlog) -> f64 {
    let Backlog { relay, drains, copies } = backlog;
    println!("Backlog of {} events, {} drains", relay.count, drains.len());
    println!("  {:<22}{:>8.0} a second", "outbox to journal", relay.rate());
    println!("  {:<22}{:>8.0} a second", "insert … select", median(copies.iter().map(figures::Round::rate)));
    let rate = median(drains.iter().map(figures::Round::rate));
    println!("  {:<22}{rate:>8.0} a second   (at least {DRAIN_MIN})", "consumer");
    print_ratio(
        drains.iter().zip(copies).map(|(ours, copy)| ours.rate() / copy.rate()),
        "to insert … select",
    );
    rate
}

fn print_ratio(ratios: impl IntoIterator<Item = f64>, says: &str) -> f64 {
    let all = sorted(ratios);
    let (least, greatest) =
        (all.first().copied().unwrap_or_default(), all.last().copied().unwrap_or_default());
    let middle = median(all);
    println!("  {:<22}{middle:>8.2}   {least:.2} to {greatest:.2}   ({says})", "ratio");
    middle
}
