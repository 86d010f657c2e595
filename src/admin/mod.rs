//! Commands of those who run the site. They work on the database of a running site, or of a stopped one.

pub mod access_log;
pub mod letters;
pub mod renew;
pub mod roles;
pub mod status;

use std::sync::Arc;
use std::time::Duration;

use crate::bus::BusError;
use crate::bus::memory::MemoryBus;
use crate::kernel::config::{Config, StoreConfig};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::modules;
use crate::shared::passwords::Passwords;
use crate::store::module_runtime::ModuleRuntime;
use crate::store::{self, Lifetime, PrivatePostgres, Store, StoreError};

/// What a command may take to close.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    #[error("Nobody is called {0}. She registers first, at /register; then this makes her what you say.")]
    Unknown(String),
    #[error(
        "No member has the hash {0}. It has 16 digits, after member= or by= in the log of this very site."
    )]
    UnknownHash(String),
    #[error("No module is called {name}. There are {}.", known.join(", "))]
    NoModule { name: String, known: Vec<&'static str> },
    #[error("{0}")]
    NeedsYou(String),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Bus(#[from] BusError),
    #[error("It was not done: {0}")]
    Failed(#[from] Failure),
}

/// The program without its web: all modules, and nothing runs yet.
pub struct Program {
    pub ctx: Context,
    private: Option<PrivatePostgres>,
}

impl Program {
    /// Finds the database of the running site, or starts it.
    ///
    /// # Errors
    /// If no site runs on the folder and none can be started, or the database refuses the operator.
    pub async fn open(store: StoreConfig) -> Result<Self, OperateError> {
        let registry = modules::registry();
        // One connection a pool is enough for a command.
        let connections = u16::try_from(2 * registry.modules().len()).unwrap_or(u16::MAX);
        let config = StoreConfig { connections, stay: Lifetime::Brief, ..store };
        let Store { units, private } = store::open(&config, &registry).await?;
        let bus = Arc::new(MemoryBus::default());
        let config = Config::for_tools(config);
        let ctx = Context::assemble(config, Arc::new(registry), units, bus, Passwords::new()?);
        Ok(Self { ctx, private })
    }

    /// Closes what was opened, whatever came of it.
    ///
    /// # Errors
    /// If the server that was started for the command does not end; the command's own error comes first.
    pub async fn close(self) -> Result<(), OperateError> {
        self.ctx.stop(CLOSE_MAX).await;
        if let Some(private) = self.private {
            private.stop().await?;
        }
        Ok(())
    }

    /// The module of this name.
    ///
    /// # Errors
    /// If no module has this name: the error lists those that there are.
    pub fn unit(&self, name: &str) -> Result<&Arc<ModuleRuntime>, OperateError> {
        self.ctx.unit_named(name).ok_or_else(|| {
            let known = self.ctx.units().map(|unit| unit.spec.name).collect();
            OperateError::NoModule { name: name.to_owned(), known }
        })
    }
}

/// Opens the program, does it, and closes the program.
///
/// # Errors
/// The operation's own error, or the one that kept the program from opening or closing.
pub async fn with_program<T>(
    store: StoreConfig,
    work: impl AsyncFnOnce(&Program) -> Result<T, OperateError>,
) -> Result<T, OperateError> {
    let program = Program::open(store).await?;
    let done = work(&program).await;
    program.close().await?;
    done
}
