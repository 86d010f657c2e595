//! Reads the command line and calls the library. A fault ends in one sentence that says what to do.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use pancake::admin::{OperateError, access_log, letters, renew, roles, status};
use pancake::app;
use pancake::cli::{Cli, Command};
use pancake::dev::mock;
use pancake::dev::replay;
use pancake::dev::streams;
use pancake::dev::usecase::{graph, story, summary};
use pancake::modules;
use pancake::openapi;

fn main() -> ExitCode {
    match run(Cli::parse().chosen()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Story(args) => print(&story::run_story(&modules::registry(), &args)?),
        Command::Summary(args) => print(&summary::run_summary(&modules::registry(), &args)?),
        Command::Graph(args) => print(&graph::run_graph(&modules::registry(), &args)?),
        Command::Openapi => print(&format!("{:#}\n", openapi::serve::served(&modules::registry()))),
        other => in_runtime(other),
    }
}

/// What opens sockets and files.
fn in_runtime(command: Command) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = match command {
        Command::Serve(config) => runtime.block_on(app::serve(*config)).map_err(Into::into),
        Command::Admin(deed) => say(runtime.block_on(roles::run(deed)).map(|said| said + "\n")),
        Command::Status(asked) => say(runtime.block_on(status::run(asked))),
        Command::Rebuild(asked) => say(runtime.block_on(renew::run(asked))),
        Command::DeadLetter(asked) => say(runtime.block_on(letters::run(asked))),
        Command::AccessLog(asked) => say(runtime.block_on(access_log::run(asked))),
        Command::Mock(args) => runtime.block_on(mock::serve(args)).map_err(Into::into),
        Command::Replay(asked) => runtime.block_on(replay::run(asked)).map_err(Into::into),
        Command::Streams(asked) => runtime.block_on(streams::run(asked)).map_err(Into::into),
        other => Err(format!("`pancake {}` is not built yet.", other.word()).into()),
    };
    // What still runs was given its time already.
    runtime.shutdown_background();
    outcome
}

/// What a command of the operator has to say.
fn say(said: Result<String, OperateError>) -> Result<(), Box<dyn Error>> {
    print(&said?)
}

/// To the standard output; a reader who has seen enough (`| head`) is no fault.
fn print(text: &str) -> Result<(), Box<dyn Error>> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
