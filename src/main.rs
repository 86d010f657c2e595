//! Reads the command line and calls the library. A fault ends in one sentence that says what to do.

use std::process::ExitCode;

use clap::Parser;
use pancake::cli::{Cli, Command};
use pancake::{admin, app, replay};

fn main() -> ExitCode {
    match run(Cli::parse().chosen()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = match command {
        Command::Serve(config) => runtime.block_on(app::serve(config)).map_err(Into::into),
        Command::Admin(admin) => {
            runtime.block_on(admin::run(admin)).map(|said| println!("{said}")).map_err(Into::into)
        }
        Command::Replay(replay) => runtime.block_on(replay::run(replay)).map_err(Into::into),
        other => Err(format!("`pancake {}` is not built yet.", other.word()).into()),
    };
    // What still runs was given its time already.
    runtime.shutdown_background();
    outcome
}
