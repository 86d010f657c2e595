//! A whole site on a database of its own, for use cases and tests: real Postgres, real HTTP, a clock to turn.

mod past;
mod photo_folder;
mod seat;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::Params;
use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::bus::memory::MemoryBus;
use crate::bus::rabbit::AddressError;
use crate::bus::settle::{Seen, Unsettled, settle_by};
use crate::bus::{self, Bus, BusError};
use crate::kernel::config::{Config, StoreConfig};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::modules;
use crate::shared::passwords::Passwords;
use crate::store::{self, ModuleDatabases, PrivatePostgres, StoreError};
use crate::web::{router, serve};
use photo_folder::PhotoFolder;
use seat::{Seat, look_at};

/// The day of every story.
pub const STORY_TIME: &str = "2026-06-01T12:00:00Z";
/// How long a given event may take to arrive everywhere.
const ARRIVAL_MAX: Duration = Duration::from_secs(20);

/// How often a database is asked for whose template somebody still uses. Postgres waits for five seconds each time.
const COPY_TRIES: u32 = 6;

/// More commits than there can be.
const UNSETTLED: u64 = u64::MAX;

/// A site that runs inside the test process, with its database, address and clock.
pub struct TestSite {
    pub ctx: Context,
    pub router: Router,
    pub address: SocketAddr,
    seats: Mutex<Vec<Seat>>,
    alone: bool,
    /// Commits that were published when everything had had its effect; [`UNSETTLED`] where that is not known.
    settled: AtomicU64,
    photos: PhotoFolder,
}

/// What a stage is to be like.
pub struct TestSiteOptions {
    /// Of all modules together.
    pub connections: u16,
    pub bus: Arc<dyn Bus>,
    /// Milliseconds between looks at the journals.
    pub poll_ms: u64,
    /// From one reading of what many share to the next, for those who wait for news.
    pub shared_pace: Duration,
    /// Nobody else uses its database: what has settled stays so until this stage publishes something.
    pub alone: bool,
}

impl TestSiteOptions {
    /// The bus of a single node, and a look every second.
    pub fn of(connections: u16) -> Self {
        Self {
            connections,
            bus: Arc::new(MemoryBus::default()),
            poll_ms: 1000,
            shared_pace: Duration::from_secs(1),
            alone: false,
        }
    }
}

/// Why a stage does not work.
#[derive(Debug, thiserror::Error)]
pub enum TestSiteError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Failed(#[from] Failure),
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error(transparent)]
    Broker(#[from] AddressError),
    #[error(transparent)]
    Unsettled(#[from] Unsettled),
    #[error("its effects had not arrived everywhere after {ARRIVAL_MAX:?}")]
    Late,
    #[error("the test database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("no port on this machine: {0}")]
    Port(#[from] std::io::Error),
}

impl TestSite {
    /// Opens a site on a fresh database of this name, with this many connections and the bus of a single node.
    ///
    /// # Errors
    /// If the database does not answer; the error names the step.
    pub async fn open(
        postgres: &PrivatePostgres,
        name: &str,
        connections: u16,
    ) -> Result<Self, TestSiteError> {
        Self::open_with(postgres, name, TestSiteOptions::of(connections)).await
    }

    /// Opens a site on a fresh database of this name.
    ///
    /// # Errors
    /// If the database does not answer; the error names the step.
    pub async fn open_with(
        postgres: &PrivatePostgres,
        name: &str,
        options: TestSiteOptions,
    ) -> Result<Self, TestSiteError> {
        Self::make_database(postgres, name).await?;
        Self::reopen_with(postgres, name, options).await
    }

    /// Makes a database of this name, with nothing in it.
    ///
    /// # Errors
    /// If the database does not answer; the error names the step.
    pub async fn make_database(postgres: &PrivatePostgres, name: &str) -> Result<(), TestSiteError> {
        Self::copy_database(postgres, "template1", name).await
    }

    /// Makes a database of this name, with all that is in another which nobody uses: migrating takes longer.
    ///
    /// # Errors
    /// If the other database is in use, or the server does not answer.
    pub async fn copy_database(
        postgres: &PrivatePostgres,
        from: &str,
        name: &str,
    ) -> Result<(), TestSiteError> {
        let mut conn = postgres.options().connect().await?;
        conn.execute(AssertSqlSafe(format!("drop database if exists {name} with (force)"))).await?;
        let create = format!("create database {name} template {from}");
        for _ in 1..COPY_TRIES {
            match conn.execute(AssertSqlSafe(create.clone())).await {
                Err(error) if is_in_use(&error) => {}
                other => return other.map(drop).map_err(TestSiteError::from),
            }
        }
        conn.execute(AssertSqlSafe(create)).await?;
        Ok(())
    }

    /// Opens a site on a database that an earlier one has left: a restart, or a second node.
    ///
    /// # Errors
    /// If the database does not answer; the error names the step.
    pub async fn reopen(
        postgres: &PrivatePostgres,
        name: &str,
        connections: u16,
    ) -> Result<Self, TestSiteError> {
        Self::reopen_with(postgres, name, TestSiteOptions::of(connections)).await
    }

    /// The same, with everything said.
    ///
    /// # Errors
    /// If the database does not answer; the error names the step.
    pub async fn reopen_with(
        postgres: &PrivatePostgres,
        name: &str,
        options: TestSiteOptions,
    ) -> Result<Self, TestSiteError> {
        Self::on(postgres.options().database(name), options).await
    }

    /// Opens a site on a database, whoever started its server.
    ///
    /// # Errors
    /// If the database does not answer; the error names the step.
    pub async fn on(database: PgConnectOptions, options: TestSiteOptions) -> Result<Self, TestSiteError> {
        Self::apart(database, &ModuleDatabases::new(), options).await
    }

    /// The same, with some modules on databases of their own.
    ///
    /// # Errors
    /// If the database does not answer; the error names the step.
    pub async fn apart(
        database: PgConnectOptions,
        apart: &ModuleDatabases,
        options: TestSiteOptions,
    ) -> Result<Self, TestSiteError> {
        let TestSiteOptions { connections, bus, poll_ms, shared_pace, alone } = options;
        let registry = modules::registry();
        let units = store::open_apart(database.clone(), apart, connections, &registry).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut config = Config::for_tools(StoreConfig::for_tests(connections));
        config.listen = address;
        let photos = PhotoFolder::new();
        config.photos = Some(photos.0.clone());
        config.poll_ms = poll_ms;
        config.shared_pace = shared_pace;
        let ctx = Context::assemble(config, Arc::new(registry), units, bus, cheap_passwords()?);
        // Before anything runs: by the real time, stories are past their retention.
        turn(&ctx, story_time());
        bus::start(&ctx).await?;
        begun(&ctx).await;
        router::start(&ctx);
        let router = router::router(&ctx);
        ctx.spawn_loop(serve::serve(listener, router.clone(), ctx.clone()));
        let seats = Mutex::new(Seat::all(&ctx, &database, apart).await?);
        Ok(Self { ctx, router, address, seats, alone, settled: AtomicU64::new(UNSETTLED), photos })
    }

    /// Where its photos are.
    pub fn photos(&self) -> &Path {
        &self.photos.0
    }

    /// Waits until everything has had its effect.
    ///
    /// # Errors
    /// If the site does not come to rest in time: the error says what is left.
    pub async fn settle(&self) -> Result<(), TestSiteError> {
        let published = self.ctx.units().map(|unit| unit.progress.commits()).sum();
        if !self.is_settled(published) {
            // Who is held is not waited for, and may be let go without a commit.
            let whole = !self.ctx.rehearsal().holds_any();
            settle_by(&self.ctx, async || self.look().await).await?;
            self.settled.store(if whole { published } else { UNSETTLED }, Ordering::SeqCst);
        }
        if !self.ctx.bus().features().signals {
            // As if the time had passed after which nobody believes them any more.
            self.ctx.sessions().forget_all();
            self.ctx.live().reread(&self.ctx).await;
            self.ctx.presence().refresh(&self.ctx).await;
        }
        Ok(())
    }

    /// Without a look, which is a good part of what a use case costs.
    fn is_settled(&self, published: u64) -> bool {
        self.alone && self.ctx.tasks_running() == 0 && self.settled.load(Ordering::SeqCst) == published
    }

    /// One statement for all modules of a database: module by module it were most of what a use case costs. Of several
    /// databases, the offsets of a first look go with the heads of a second: they must not be of a later moment.
    async fn look(&self) -> Result<Vec<Seen>, Failure> {
        let mut seats = self.seats.lock().await;
        let offsets = look_at(&mut seats).await?;
        if seats.len() == 1 {
            return Ok(offsets);
        }
        let mut seen = look_at(&mut seats).await?;
        for (seen, before) in seen.iter_mut().zip(offsets) {
            seen.offsets = before.offsets;
        }
        Ok(seen)
    }

    /// As if nobody had ever been here. Positions in journals go on: consumers know where they are.
    ///
    /// # Errors
    /// If the database does not answer; the error names the step.
    pub async fn reset(&self) -> Result<(), TestSiteError> {
        self.bring_back(None).await
    }

    /// Keeps what is in all tables under this name, for as long as the stage is open. Once a name.
    ///
    /// # Errors
    /// If the site does not come to rest in time, or the database does not answer.
    pub async fn keep(&self, name: &str) -> Result<(), TestSiteError> {
        self.settle().await?;
        for seat in self.seats.lock().await.iter_mut() {
            seat.keep(name).await?;
        }
        Ok(())
    }

    /// As if nothing had happened but what is kept under this name: the same rows, and journals with the same entries,
    /// which everybody has read. Of a name that is not kept it is a [`TestSite::reset`].
    ///
    /// # Errors
    /// If the site does not come to rest in time, or the database does not answer.
    pub async fn restore(&self, name: &str) -> Result<(), TestSiteError> {
        self.bring_back(Some(name)).await
    }

    async fn bring_back(&self, name: Option<&str>) -> Result<(), TestSiteError> {
        self.settle().await?;
        // In one transaction a database, by the operator, who may write in all schemas.
        for seat in self.seats.lock().await.iter_mut() {
            seat.restore(name).await?;
        }
        self.ctx.sessions().forget_all();
        self.ctx.counted().forget_all();
        self.ctx.rehearsal().end();
        self.set_time(story_time());
        // Who was here is known by the time of the story.
        self.ctx.presence().forget_all();
        self.ctx.presence().refresh(&self.ctx).await;
        Ok(())
    }

    /// Turns the clock. It goes on from there.
    pub fn set_time(&self, to: DateTime<Utc>) {
        turn(&self.ctx, to);
    }

    /// Ends everything that runs.
    pub async fn close(&self) {
        self.ctx.stop(Duration::from_secs(5)).await;
    }
}

/// Waits until every consumer has looked for what there was before: what happens from now on comes over the bus.
async fn begun(ctx: &Context) {
    let consumers = ctx.units().filter(|unit| !unit.sources().is_empty());
    let all = join_all(consumers.map(|unit| async {
        // The sender lives as long as the unit.
        let _ = unit.progress.begun.subscribe().wait_for(|begun| *begun).await;
    }));
    // One that cannot begin yet, since somebody holds its tables, is for the test to wait for.
    let _ = timeout(ARRIVAL_MAX, all).await;
}

/// Sessions that are closed may need a moment to be gone.
fn is_in_use(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() == Some("55006")
}

fn turn(ctx: &Context, to: DateTime<Utc>) {
    ctx.clock().set_ahead(TimeDelta::zero());
    ctx.clock().set_ahead(to - ctx.now());
}

/// [`STORY_TIME`] as a time.
pub fn story_time() -> DateTime<Utc> {
    STORY_TIME.parse().unwrap_or_default()
}

/// Hundreds of passwords are hashed; how strongly is not what use cases are about.
fn cheap_passwords() -> Result<Passwords, Failure> {
    let params =
        Params::new(Params::MIN_M_COST, 1, 1, None).map_err(|fault| Failure::internal(fault.to_string()))?;
    Passwords::with(params)
}
