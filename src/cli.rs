//! The command line: what can be asked of the program, and with which words.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::admin::access_log::AccessLogArgs;
use crate::admin::letters::DeadLetter;
use crate::admin::renew::RebuildArgs;
use crate::admin::status::StatusArgs;
use crate::dev::mock::MockArgs;
use crate::dev::usecase::graph::GraphArgs;
use crate::dev::usecase::story::StoryArgs;
use crate::dev::usecase::summary::SummaryArgs;
use crate::kernel::config::{Config, StoreConfig};
use crate::modules::register::contract::Role;

/// HappyPancake, a dating site in one binary. Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "pancake", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    config: Config,
}

impl Cli {
    /// What is to be done.
    pub fn chosen(self) -> Command {
        self.command.unwrap_or(Command::Serve(Box::new(self.config)))
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the site (also what happens without a command)
    Serve(Box<Config>),
    /// Print the use cases, to be read aloud
    Story(StoryArgs),
    /// List every action, event and listener, and what no use case proves
    Summary(SummaryArgs),
    /// Print who listens to whom, for `dot -Tsvg`
    Graph(GraphArgs),
    /// Print the JSON API as an OpenAPI document
    Openapi,
    /// Serve the use cases' answers, without a database
    Mock(MockArgs),
    /// Give roles to members, and take them
    Admin(Admin),
    /// Show how far everything has come, and what waits for somebody
    Status(StatusArgs),
    /// Empty a module's tables and write them anew from the journals
    Rebuild(RebuildArgs),
    /// Events that a module could not handle
    #[command(subcommand)]
    DeadLetter(DeadLetter),
    /// Show what access to private albums was taken back, and which modules have applied it
    AccessLog(AccessLogArgs),
    /// Drive a server with real traffic and compare the outcome
    #[command(subcommand)]
    Replay(Replay),
    /// Hold thousands of streams open, send messages, and tell how fast they arrive
    Streams(StreamsArgs),
}

impl Command {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Serve(_) => "serve",
            Self::Story(_) => "story",
            Self::Summary(_) => "summary",
            Self::Graph(_) => "graph",
            Self::Openapi => "openapi",
            Self::Mock(_) => "mock",
            Self::Admin(_) => "admin",
            Self::Status(_) => "status",
            Self::Rebuild(_) => "rebuild",
            Self::DeadLetter(_) => "dead-letter",
            Self::AccessLog(_) => "access-log",
            Self::Replay(_) => "replay",
            Self::Streams(_) => "streams",
        }
    }
}

#[derive(Debug, Clone, Args)]
pub struct Admin {
    #[command(subcommand)]
    pub deed: RoleChange,
}

#[derive(Debug, Clone, Subcommand)]
pub enum RoleChange {
    /// Give a role
    Grant(MemberRole),
    /// Take a role
    Revoke(MemberRole),
    /// Log a member out everywhere, and refuse her logins
    Suspend(OneMember),
    /// Let a suspended or excluded member log in again
    Readmit(OneMember),
    /// Say whom a hash in the security log means
    Who(OneHash),
}

#[derive(Debug, Clone, Args)]
pub struct OneHash {
    /// 16 hexadecimal digits, after `member=` or `by=`
    pub hash: String,
    #[command(flatten)]
    pub store: StoreConfig,
}

#[derive(Debug, Clone, Args)]
pub struct OneMember {
    /// Whose
    pub nickname: String,
    #[command(flatten)]
    pub store: StoreConfig,
}

#[derive(Debug, Clone, Args)]
pub struct MemberRole {
    /// Whose
    pub nickname: String,
    pub role: Role,
    #[command(flatten)]
    pub store: StoreConfig,
}

#[derive(Debug, Clone, Subcommand)]
pub enum Replay {
    /// Lines of `sender receiver seconds`: the first of each pair is a flirt
    Flirts(Traffic),
    /// Lines of `sender receiver seconds`: each is a message
    Chat(Traffic),
}

/// What is replayed, and how hard.
#[derive(Debug, Clone, Args)]
pub struct Traffic {
    /// The file
    pub file: PathBuf,
    /// Only the first so many lines
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub lines: Option<u64>,
    /// Calls under way at once
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub clients: u16,
}

/// How many streams, and how much they are told.
#[derive(Debug, Clone, Args)]
pub struct StreamsArgs {
    /// Streams and polls, half of each
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(4..=1_000_000))]
    pub count: u32,
    /// Messages a second
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub rate: u32,
    /// Seconds during which they are sent
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=480))]
    pub seconds: u32,
    /// Members who hold the streams: by default one a stream, but no more than 1000 where so many are enough,
    /// since making one takes two password hashes
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..))]
    pub members: Option<u32>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(words: &[&str]) -> Result<Command, clap::Error> {
        Cli::try_parse_from([&["pancake"], words].concat()).map(Cli::chosen)
    }

    #[test]
    fn the_words_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serving_is_the_default() {
        for words in [&["--listen", "127.0.0.1:9"][..], &["serve", "--listen", "127.0.0.1:9"]] {
            let Ok(Command::Serve(config)) = parse(words) else { panic!("{words:?} does not serve") };
            assert_eq!(config.listen.port(), 9);
        }
    }

    #[test]
    fn options_of_serving_are_of_serving_only() {
        assert!(parse(&["--listen", "127.0.0.1:9", "story"]).is_err());
        assert!(parse(&["story", "--listen", "127.0.0.1:9"]).is_err());
        assert!(parse(&["story", "--module", "flirt"]).is_ok());
    }

    #[test]
    fn data_is_found_by_every_command_that_opens_it() {
        let Ok(Command::Admin(admin)) = parse(&["admin", "grant", "nancy", "reviewer", "--data", "/d"])
        else {
            panic!("not read");
        };
        let RoleChange::Grant(of) = admin.deed else { panic!("not granted") };
        assert_eq!(of.store.data, PathBuf::from("/d"));
        assert_eq!((of.nickname.as_str(), of.role), ("nancy", Role::Reviewer));
    }
}
