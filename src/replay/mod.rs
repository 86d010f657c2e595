//! `pancake replay`: real traffic, driven over HTTP through a server of its own, and the outcome compared with
//! the file it came from. A client program: it knows the site's API and nothing of its inside.

mod check;
mod client;
mod flirts;
mod lines;
mod members;
mod report;
mod server;

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Replay;

use check::Difference;
use client::CallError;
use lines::LineError;
use report::Table;
use server::{Server, ServerError};

/// Differences that are printed; more tell nothing new.
const SHOWN_MAX: usize = 20;

/// Why a replay did not come to its end, or not to the right one.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("{0}")]
    Line(#[from] LineError),
    #[error("{0}")]
    Server(#[from] ServerError),
    #[error("{0}")]
    Call(#[from] CallError),
    #[error(
        "{missing} of {all} applications did not come to the reviewers within {seconds} s: see /metrics for lag"
    )]
    Unreviewed { missing: usize, all: usize, seconds: u64 },
    #[error("{0} was not made a member, so she cannot take part. That is a fault of the replay itself.")]
    NoMember(String),
    #[error("A list of alerts went on for more than {pages} pages: does `next` lead back?")]
    Endless { pages: usize },
    #[error("The replay was ended by a signal; its server is stopped and its data removed.")]
    Ended,
    #[error("Cannot wait for signals: {0}")]
    Signals(std::io::Error),
    #[error("A part of the replay broke: {0}. That is a fault of the replay itself.")]
    Broken(#[from] tokio::task::JoinError),
    #[error("The site is not what the file says; differences: {0}.")]
    Differs(usize),
}

/// What a replay found.
struct Outcome {
    table: Table,
    differences: Vec<Difference>,
}

/// Runs a replay and prints what came of it. Any difference is an error.
pub async fn run(replay: Replay) -> Result<(), ReplayError> {
    let Replay::Flirts(asked) = replay;
    // First, since it needs no server and fails most often.
    let lines = lines::read(&asked.file, asked.lines.and_then(|lines| lines.try_into().ok()))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ReplayError::Signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(ReplayError::Signals)?;
    report::say("starting a server");
    let mut server = Server::prepare()?;
    let work = async {
        server.start().await?;
        flirts::replay(&server, &lines, usize::from(asked.clients)).await
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        _ = interrupt.recv() => Err(ReplayError::Ended),
        _ = terminate.recv() => Err(ReplayError::Ended),
    };
    let failed = !matches!(&outcome, Ok(outcome) if outcome.differences.is_empty());
    let said = server.said();
    server.end().await?;
    if failed && !said.is_empty() {
        eprintln!("The server's last warnings:\n{said}");
    }
    tell(outcome?)
}

/// Prints the table, and where file and site differ.
fn tell(Outcome { table, differences }: Outcome) -> Result<(), ReplayError> {
    println!("{table}");
    for difference in differences.iter().take(SHOWN_MAX) {
        println!("  ✗ {difference}");
    }
    if differences.len() > SHOWN_MAX {
        println!("  … and {} more", differences.len() - SHOWN_MAX);
    }
    if differences.is_empty() { Ok(()) } else { Err(ReplayError::Differs(differences.len())) }
}
