//! `pancake streams`: thousands of streams and polls on a server of its own, messages at a fixed rate, and how
//! fast each is announced to whom it concerns.

mod ledger;
mod listen;
mod measure;
mod plan;
mod send;
mod verify;
mod wire;

use std::io;

use crate::cli::StreamsArgs;
use crate::dev::drive::{self, DriveError, process};

use plan::Plan;
use wire::WireError;

/// Why streams were not measured, or are not what they should be.
#[derive(Debug, thiserror::Error)]
pub enum StreamsError {
    #[error("{0}")]
    Drive(#[from] DriveError),
    #[error("{count} streams are for {least} to {most} members. Choose so many with --members.")]
    Members { count: usize, least: usize, most: usize },
    #[error(
        "{count} streams need more files than the {files} that a process may have open here (ulimit -Hn). Allow \
         more, or take fewer streams: --count {most}"
    )]
    Files { count: usize, files: u64, most: u64 },
    #[error("A connection broke: {0}")]
    Connection(#[source] io::Error),
    #[error("The server sent {0}.")]
    Wire(#[source] WireError),
    #[error("A stream or poll was silent for so long that it is dead.")]
    Silent,
    #[error("Connection {connection} was closed again and again.")]
    Closed { connection: usize },
    #[error("{what} was answered {status}.")]
    Refused { what: &'static str, status: u16 },
    #[error("The server ended a stream: {0}")]
    Ended(String),
    #[error("The server announced something else than expected: {0:?}")]
    Event(String),
    #[error("The cursor {0:?} has no version of chat.")]
    Cursor(String),
    #[error("{unanswered} messages are not answered: the server does not keep up. Send fewer, with --rate.")]
    Overrun { unanswered: usize },
}

/// Measures, and prints the figures. A message that did not arrive is an error.
///
/// # Errors
/// If the server fails, or a message does not arrive.
pub async fn run(asked: StreamsArgs) -> Result<(), StreamsError> {
    // The server inherits what is allowed here.
    let plan = Plan::of(&asked, process::allow_files())?;
    let seats = (plan.count + plan::BESIDE).to_string();
    let options = ["--clients-max", &seats, "--streams-max", &seats].map(str::to_owned).to_vec();
    drive::run(options, async |server| measure::measure(server, plan, &asked).await).await
}
