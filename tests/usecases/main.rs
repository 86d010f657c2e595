//! `./r test`: plays every use case in every way, and says what to mend.
//!
//! A use case holds only if it holds in process and over HTTP, with every event handled twice, without a
//! session, for a stranger, with whomever it shows blocked, and more. A full run also refuses what no use case
//! misses when it is switched off, gaps in the summary, and an old BOOK.md.

mod blocked;
mod broker;
mod contract;
mod expect;
mod gate;
mod houses;
mod kept;
mod kind;
mod listen;
mod merged;
mod morning;
mod page;
mod play;
mod probe;
mod rebuilt;
mod report;
mod stage;
mod table;
mod tally;
mod template;
mod unnoticed;
mod work;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use clap::Parser;
use pancake::dev::usecase::problems::unnamed;
use pancake::dev::usecase::story::chosen;
use pancake::dev::usecase::summary::{facts, gaps};
use pancake::dev::usecase::{UseCase, UseCases, book, load};
use pancake::kernel::module::Registry;
use pancake::modules;
use pancake::store::{PrivatePostgres, Server};

use broker::Broker;
use houses::Houses;
use kept::Kept;
use kind::{Kind, Outcome, Seeds, Site};
use play::play;
use report::Report;
use work::Work;

/// Workers that play at the same time, each on databases of its own: more than processors, since much is waiting.
const WORKERS: u16 = 6;
/// Bytes of each worker's stack: without optimization, a play's futures are large.
const STACK: usize = 16 * 1024 * 1024;
/// Connections for whoever else looks at the databases.
const CONNECTIONS_SPARE: u16 = 20;

/// What the runner can be told.
#[derive(Debug, Parser)]
struct Arguments {
    /// A module, or words of the names of the use cases to play
    words: Vec<String>,
    /// How many seeds, from 1 on, for every way to play that takes one, instead of one of each case's own
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// Play only what depends on a seed, with this one
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Also see whether somebody misses each action, listener and event of the module; a full run always does
    #[arg(long)]
    gate: bool,
    /// Play on RabbitMQ, too; a full run always does
    #[arg(long)]
    rabbitmq: bool,
    /// Run the Postgres with the databases that the last run's failures have left, to look into them
    #[arg(long)]
    look: bool,
    /// Write usecases/BOOK.md and docs/problems.md anew
    #[arg(long)]
    bless: bool,
    /// Folder of the use cases
    #[arg(long, default_value = "usecases")]
    usecases: PathBuf,
    /// Folder of the Postgres that the stages are on
    #[arg(long, default_value = kept::DATA)]
    data: PathBuf,
    /// Names the cases and plays none, for tools
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(format!("no runtime: {error}")),
    };
    if arguments.look {
        return match runtime.block_on(look(&arguments.data)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => refuse(error),
        };
    }
    let registry = modules::registry();
    let usecases = match load(&arguments.usecases, &registry) {
        Ok(usecases) => usecases,
        Err(errors) => return refuse(errors),
    };
    if arguments.list {
        usecases.cases.iter().for_each(|case| println!("{}: {}: test", case.module, case.name));
        return ExitCode::SUCCESS;
    }
    if arguments.bless
        && let Err(error) = book::bless(&arguments.usecases, &registry, &usecases)
    {
        return refuse(error);
    }
    let seeds = match (arguments.seed, arguments.seeds) {
        (Some(seed), _) => Seeds::Only(seed),
        (None, Some(last)) => Seeds::Upto(last),
        (None, None) => Seeds::Own,
    };
    let mut report = Report::default();
    let cases = wanted(&registry, &usecases, &arguments.words);
    if cases.is_empty() && !arguments.words.is_empty() {
        return refuse(format!("No module and no use case is called {}.", arguments.words.join(" ")));
    }
    let full = arguments.words.is_empty() && arguments.seed.is_none();
    let gate = (full || arguments.gate)
        .then_some(Gate { registry: &registry, only: module(&registry, &arguments.words) });
    let play = Play { usecases: &usecases, cases: &cases, seeds: &seeds, gate };
    if let Err(error) = runtime.block_on(perform(play, &arguments, &mut report)) {
        report.broken(error);
    }
    if full {
        gates(&registry, &usecases, &arguments, &mut report);
    }
    report.finish()
}

/// Ends without having played anything.
fn refuse(why: impl std::fmt::Display) -> ExitCode {
    eprintln!("{why}");
    ExitCode::FAILURE
}

/// What is to be played.
#[derive(Clone, Copy)]
struct Play<'u> {
    usecases: &'u UseCases,
    cases: &'u [(usize, &'u UseCase)],
    seeds: &'u Seeds,
    gate: Option<Gate<'u>>,
}

/// What is switched off afterwards: everything, or what is this module's.
#[derive(Clone, Copy)]
struct Gate<'u> {
    registry: &'u Registry,
    only: Option<&'u str>,
}

/// The first word, if it names a module.
fn module<'w>(registry: &Registry, words: &'w [String]) -> Option<&'w str> {
    let first = words.first().map(String::as_str);
    first.filter(|word| registry.modules().iter().any(|spec| spec.name == *word))
}

/// With their numbers. A first word that names a module chooses it; the others are words of names.
fn wanted<'c>(registry: &Registry, usecases: &'c UseCases, words: &[String]) -> Vec<(usize, &'c UseCase)> {
    let module = module(registry, words);
    let words = if module.is_some() { &words[1..] } else { words };
    let numbered = usecases.cases.iter().enumerate();
    numbered.filter(|(_, case)| chosen(case, module, words)).collect()
}

/// Several workers take the next job as they get free.
async fn perform(play: Play<'_>, arguments: &Arguments, report: &mut Report) -> Result<(), String> {
    let max_connections = houses::connections(WORKERS) + CONNECTIONS_SPARE;
    let server = Server { durable: false, max_connections };
    let postgres = PrivatePostgres::start(&arguments.data, server).await.map_err(|e| e.to_string())?;
    let data = arguments.data.with_extension("beside");
    let beside = Server { durable: false, max_connections };
    let beside = PrivatePostgres::start(&data, beside).await.map_err(|e| e.to_string())?;
    // For a whole run, or where it is asked for.
    let on_rabbitmq = play.gate.is_some() || arguments.rabbitmq;
    let broker = on_rabbitmq.then(|| Broker::beside(&arguments.data)).flatten();
    let kept = Kept::none((&postgres, &beside), broker, &arguments.data).await.map_err(|e| e.to_string())?;
    let mut work = Work::default();
    for (number, case) in play.cases {
        let kinds = Kind::all(play.seeds, *number).into_iter();
        work.add(case, kinds.filter(|kind| kept.broker().is_some() || kind.site() != Site::Rabbit).collect());
    }
    let most = work.sites() * play.cases.len();
    let (work, shared) = (Mutex::new(work), Mutex::new(report));
    each_worker(most, |number| {
        let (work, shared, kept) = (&work, &shared, &kept);
        async move {
            let mut houses = Houses::new(kept, number);
            let mut at = None;
            loop {
                // Taken by itself: in a `while let`, the lock would be held while the case is played.
                let next = lock(work).next(&mut at);
                let Some((case, kinds)) = next else { break };
                for kind in kinds {
                    let outcome = self::play(&mut houses, &play.usecases.cast, case, kind).await;
                    let passed = matches!(outcome, Outcome::Passed);
                    lock(shared).add(case, kind, outcome);
                    if kind == Kind::FIRST && passed {
                        let outcome = play::rebuild(&mut houses, case).await;
                        lock(shared).add(case, Kind::Rebuilt, outcome);
                    }
                }
            }
            let tally = houses.close().await;
            lock(shared).carried(tally);
        }
    });
    let report = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    // A case that fails anyway would prove everything.
    if let Some(Gate { registry, only }) = play.gate
        && report.holds()
    {
        report.proven(gate::prove(registry, play.usecases, &kept, only));
    }
    beside.stop().await.map_err(|e| e.to_string())?;
    postgres.stop().await.map_err(|e| e.to_string())
}

/// Runs the same in each worker, at most so many, and waits for all. Each has a thread of its own: as tasks of one
/// they would wait for each other's thinking.
pub(crate) fn each_worker<F: Future>(most: usize, work: impl Fn(u16) -> F + Sync) {
    let runtime = tokio::runtime::Handle::current();
    let work = &work;
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            for number in (0..WORKERS).take(most) {
                let runtime = runtime.clone();
                let worker = std::thread::Builder::new().stack_size(STACK);
                let spawned = worker.spawn_scoped(scope, move || drop(runtime.block_on(work(number))));
                spawned.expect("a thread for a worker");
            }
        });
    });
}

/// Shows what the last run has kept.
async fn look(data: &Path) -> Result<(), String> {
    let server = Server { durable: false, max_connections: CONNECTIONS_SPARE };
    let postgres = PrivatePostgres::start(data, server).await.map_err(|e| e.to_string())?;
    let looked = kept::look(&postgres, data).await;
    postgres.stop().await.map_err(|e| e.to_string())?;
    looked
}

/// What a full run refuses besides failing cases.
fn gates(registry: &Registry, usecases: &UseCases, arguments: &Arguments, report: &mut Report) {
    report.judge_buses();
    report.judge_exceptions(registry);
    for gap in gaps(&facts(registry, &usecases.cases)) {
        let line = gap.line(0, pancake::dev::usecase::paint::Paint(false));
        report.broken(format!("no use case proves this: {line}"));
    }
    unnamed(registry, &usecases.cases).into_iter().for_each(|fault| report.broken(fault));
    if let Err(error) = book::check(&arguments.usecases, registry, usecases) {
        report.broken(error.to_string());
    }
}

/// A poisoned lock holds no worse data than before: the panic is shown anyway.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
