//! `pancake replay`: real traffic, driven over HTTP through a server of its own, and the outcome compared with
//! the file it came from.

mod chat;
mod flirts;
mod lines;
mod send;

use crate::cli::{Replay, Traffic};
use crate::dev::drive::{self, DriveError};

use lines::{Line, LineError};

/// Why a replay did not come to its end, or not to the right one.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("{0}")]
    Line(#[from] LineError),
    #[error("{0}")]
    Drive(#[from] DriveError),
}

/// Runs a replay and prints what came of it. Any difference is an error.
///
/// # Errors
/// If the script is wrong, the server fails, or what came of it differs from what the script says.
pub async fn run(replay: Replay) -> Result<(), ReplayError> {
    match replay {
        Replay::Flirts(asked) => {
            let lines = lines(&asked)?;
            drive::run(Vec::new(), async |server| {
                Ok(flirts::replay(server, &lines, usize::from(asked.clients)).await?)
            })
            .await
        }
        Replay::Chat(asked) => {
            let lines = lines(&asked)?;
            drive::run(Vec::new(), async |server| {
                Ok(chat::replay(server, &lines, usize::from(asked.clients)).await?)
            })
            .await
        }
    }
}

/// What was asked for. First, since it needs no server and fails most often.
fn lines(asked: &Traffic) -> Result<Vec<Line>, LineError> {
    lines::read(&asked.file, asked.lines.and_then(|lines| lines.try_into().ok()))
}
