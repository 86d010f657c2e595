//! What client programs share that drive a server of their own over HTTP: the server, a client, members, and
//! what is told at the end. It knows the site's API and nothing of its inside.

pub mod broker;
pub(crate) mod client;
pub(crate) mod members;
pub(crate) mod order;
pub(crate) mod process;
pub(crate) mod report;
pub(crate) mod server;
pub(crate) mod threads;

use tokio::signal::unix::{SignalKind, signal};

use client::CallError;
use report::Table;
use server::{Server, ServerError};

/// Faults that are printed; more tell nothing new.
const SHOWN_MAX: usize = 20;

/// Why a drive did not come to its end, or not to the right one.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    #[error("{0}")]
    Server(#[from] ServerError),
    #[error("{0}")]
    Call(#[from] CallError),
    #[error(
        "{missing} of {all} applications did not come to the reviewers within {seconds} s: see /metrics for lag"
    )]
    Unreviewed { missing: usize, all: usize, seconds: u64 },
    #[error("{0} was not made a member, so she cannot take part. That is a fault of this command itself.")]
    NoMember(String),
    #[error("{list} went on for more than {pages} pages: does `next` lead back?")]
    Endless { list: String, pages: usize },
    #[error("Ended by a signal; the server is stopped and its data removed.")]
    Ended,
    #[error("Cannot wait for signals: {0}")]
    Signals(std::io::Error),
    #[error("A part of this command broke: {0}. That is a fault of its own.")]
    Broken(#[from] tokio::task::JoinError),
    #[error("The site is not what it should be; differences: {0}.")]
    Differs(usize),
}

/// What a drive found: what to tell of it, and whatever is not as it should be, a line each.
pub(crate) struct Outcome {
    pub(crate) table: Table,
    pub(crate) faults: Vec<String>,
}

/// Starts a server with these options of `serve`, works with it, ends it whatever came of that, and prints
/// the outcome. Any fault is an error.
pub(crate) async fn run<E: From<DriveError>>(
    options: Vec<String>,
    work: impl AsyncFnOnce(&mut Server) -> Result<Outcome, E>,
) -> Result<(), E> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(DriveError::Signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(DriveError::Signals)?;
    report::say("starting a server");
    let mut server = Server::prepare(options).map_err(DriveError::Server)?;
    let working = async {
        server.start().await.map_err(DriveError::Server)?;
        work(&mut server).await
    };
    let outcome = tokio::select! {
        outcome = working => outcome,
        _ = interrupt.recv() => Err(DriveError::Ended.into()),
        _ = terminate.recv() => Err(DriveError::Ended.into()),
    };
    let failed = !matches!(&outcome, Ok(outcome) if outcome.faults.is_empty());
    let said = server.said();
    server.end().await.map_err(DriveError::Server)?;
    if failed && !said.is_empty() {
        eprintln!("The server's last warnings:\n{said}");
    }
    Ok(tell(outcome?)?)
}

/// Prints the table and the faults.
fn tell(Outcome { table, faults }: Outcome) -> Result<(), DriveError> {
    println!("{table}");
    for fault in faults.iter().take(SHOWN_MAX) {
        println!("  ✗ {fault}");
    }
    if faults.len() > SHOWN_MAX {
        println!("  … and {} more", faults.len() - SHOWN_MAX);
    }
    if faults.is_empty() { Ok(()) } else { Err(DriveError::Differs(faults.len())) }
}
