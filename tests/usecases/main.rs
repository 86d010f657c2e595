//! `./r test`: plays every use case in every way, and says what to mend.
//!
//! A use case holds only if it holds in process and over HTTP, with every event handled twice, without a
//! session and for a stranger. A full run also refuses gaps in the summary and an old BOOK.md.

mod contract;
mod expect;
mod page;
mod play;
mod probe;
mod report;
mod stage;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;

use clap::Parser;
use pancake::module::Registry;
use pancake::modules;
use pancake::openapi::catalogue::unnamed;
use pancake::store::{PrivatePostgres, Server, StoreError};
use pancake::usecase::story::chosen;
use pancake::usecase::summary::{facts, gaps};
use pancake::usecase::{UseCase, UseCases, book, load};

use play::{Kind, play};
use report::Report;
use stage::House;

/// Stages that play at the same time, each on a database of its own.
const STAGES: usize = 2;
/// Connections of the server that the stages share.
const CONNECTIONS_MAX: u16 = 200;

/// What the runner can be told.
#[derive(Debug, Parser)]
struct Arguments {
    /// A module, or words of the names of the use cases to play
    words: Vec<String>,
    /// Write usecases/BOOK.md and docs/problems.md anew
    #[arg(long)]
    bless: bool,
    /// Folder of the use cases
    #[arg(long, default_value = "usecases")]
    usecases: PathBuf,
    /// Folder of the Postgres that the stages are on
    #[arg(long, default_value = concat!(env!("CARGO_TARGET_TMPDIR"), "/usecases"))]
    data: PathBuf,
    /// Names the cases and plays none, for tools
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let registry = modules::registry();
    let usecases = match load(&arguments.usecases, &registry) {
        Ok(usecases) => usecases,
        Err(errors) => {
            eprintln!("{errors}");
            return ExitCode::FAILURE;
        }
    };
    if arguments.list {
        usecases.cases.iter().for_each(|case| println!("{}: {}: test", case.module, case.name));
        return ExitCode::SUCCESS;
    }
    if arguments.bless
        && let Err(error) = book::bless(&arguments.usecases, &registry, &usecases)
    {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let mut report = Report::default();
    let cases = wanted(&registry, &usecases, &arguments.words);
    if cases.is_empty() && !arguments.words.is_empty() {
        eprintln!("No module and no use case is called {}.", arguments.words.join(" "));
        return ExitCode::FAILURE;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = runtime.block_on(perform(&usecases, &cases, &arguments.data, &mut report)) {
        report.broken(error.to_string());
    }
    if arguments.words.is_empty() {
        gates(&registry, &usecases, &arguments, &mut report);
    }
    report.finish()
}

/// A first word that names a module chooses it; the others are words of names.
fn wanted<'c>(registry: &Registry, usecases: &'c UseCases, words: &[String]) -> Vec<&'c UseCase> {
    let module = words.first().filter(|word| registry.modules().iter().any(|spec| spec.name == **word));
    let words = if module.is_some() { &words[1..] } else { words };
    usecases.cases.iter().filter(|case| chosen(case, module.map(String::as_str), words)).collect()
}

/// Plays the cases on several stages, which take the next one as they get free.
async fn perform(
    usecases: &UseCases,
    cases: &[&UseCase],
    data: &Path,
    report: &mut Report,
) -> Result<(), StoreError> {
    let server = Server { durable: false, max_connections: CONNECTIONS_MAX };
    let postgres = PrivatePostgres::start(data, server).await?;
    let queue = Mutex::new(cases.iter());
    let shared = Mutex::new(report);
    let stages = (0..STAGES.min(cases.len())).map(|number| {
        let (queue, shared, postgres) = (&queue, &shared, &postgres);
        async move {
            let house = match House::open(postgres, number).await {
                Ok(house) => house,
                Err(error) => return lock(shared).broken(format!("stage {number} does not open: {error}")),
            };
            loop {
                // Taken by itself: in a `while let`, the lock would be held while the case is played.
                let next = lock(queue).next();
                let Some(case) = next else { break };
                for kind in Kind::ALL {
                    let outcome = play(&house, &usecases.cast, case, kind).await;
                    lock(shared).add(case, kind, outcome);
                }
            }
            house.close().await;
        }
    });
    futures::future::join_all(stages).await;
    postgres.stop().await
}

/// What a full run refuses besides failing cases.
fn gates(registry: &Registry, usecases: &UseCases, arguments: &Arguments, report: &mut Report) {
    for gap in gaps(&facts(registry, &usecases.cases)) {
        let line = gap.line(0, pancake::usecase::paint::Paint(false));
        report.broken(format!("no use case proves this: {line}"));
    }
    unnamed(registry, &usecases.cases).into_iter().for_each(|fault| report.broken(fault));
    if let Err(error) = book::check(&arguments.usecases, registry, usecases) {
        report.broken(error.to_string());
    }
}

/// A poisoned lock holds no worse data than before: the panic is shown anyway.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
