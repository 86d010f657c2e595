//! The two modules on a database of their own, on a server that forces every commit to the disk.

use std::sync::Arc;
use std::time::Duration;

use pancake::bus::Bus;
use pancake::kernel::config::{Config, StoreConfig};
use pancake::kernel::context::Context;
use pancake::shared::passwords::Passwords;
use pancake::store::module_runtime::ModuleRuntime;
use pancake::store::{self, PrivatePostgres};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection, query_scalar};

use crate::Fault;
use crate::WRITERS;
use crate::modules::{self, SINK, SOURCE};

/// Each module gets half: a connection a writer, and two for relay and consumer.
const CONNECTIONS: u16 = 2 * (WRITERS + 2);
/// Whoever has not caught up by then does not keep up.
const DRAIN_MAX: Duration = Duration::from_mins(1);

/// The publishing and the listening module, with the bus between them.
pub(crate) struct Site {
    pub(crate) ctx: Context,
    pub(crate) source: Arc<ModuleRuntime>,
    pub(crate) sink: Arc<ModuleRuntime>,
    /// Where its database is, as the server's superuser.
    pub(crate) options: PgConnectOptions,
}

impl Site {
    /// Opens a fresh database. No relay and no consumer runs yet.
    pub(crate) async fn open(
        postgres: &PrivatePostgres,
        name: &str,
        bus: Arc<dyn Bus>,
    ) -> Result<Self, Fault> {
        let mut conn = postgres.options().connect().await?;
        conn.execute(AssertSqlSafe(format!("create database {name}"))).await?;
        let options = postgres.options().database(name);
        let registry = modules::registry();
        let units = store::open_at(options.clone(), CONNECTIONS, &registry).await?;
        let config = Config::for_tools(StoreConfig::for_tests(CONNECTIONS));
        let ctx = Context::assemble(config, Arc::new(registry), units, bus, Passwords::new()?);
        let unit = |name| ctx.unit_named(name).cloned().ok_or("a module is missing");
        let (source, sink) = (unit(SOURCE)?, unit(SINK)?);
        if source.pool.options().get_max_connections() < u32::from(WRITERS) {
            return Err("the writers have fewer connections than pgbench's".into());
        }
        Ok(Self { ctx, source, sink, options })
    }

    /// A connection of the superuser.
    pub(crate) async fn connect(&self) -> Result<PgConnection, Fault> {
        Ok(self.options.connect().await?)
    }

    /// Waits until the consumer has handled so much of the journal.
    pub(crate) async fn handled(&self, pos: i64) -> Result<(), Fault> {
        let handled = self.sink.progress.handled.get(SOURCE).ok_or("the sink has no source")?;
        let mut handled = handled.subscribe();
        let arrived = tokio::time::timeout(DRAIN_MAX, handled.wait_for(|at| *at >= pos)).await;
        arrived.map_err(|_| "the consumer does not keep up")?.map_err(|_| "the consumer has ended")?;
        Ok(())
    }

    /// Waits until everything that is committed has been sequenced, and handled by the consumer.
    pub(crate) async fn drained(&self) -> Result<(), Fault> {
        let commits = self.source.progress.commits();
        let mut relayed = self.source.progress.relayed.subscribe();
        let done = tokio::time::timeout(DRAIN_MAX, relayed.wait_for(|(seen, _)| *seen >= commits)).await;
        let (_, end) = *done.map_err(|_| "the relay does not keep up")?.map_err(|_| "the relay has ended")?;
        self.handled(end).await
    }

    /// Refuses figures of work that was not done: every note is in both tables and in the journal, once.
    pub(crate) async fn check(&self, notes: i64) -> Result<(), Fault> {
        let mut conn = self.connect().await?;
        let counts: Vec<i64> = query_scalar(
            "select unnest(array[(select count(*) from source.journal), (select count(*) from sink.note),
                    (select count(*) from source.outbox) + $1, (select count(*) from sink.dead_letter) + $1])",
        )
        .bind(notes)
        .fetch_all(&mut conn)
        .await?;
        if counts.iter().any(|count| *count != notes) {
            return Err(format!("{notes} events, but journal, sink, outbox, letters: {counts:?}").into());
        }
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.ctx.stop(Duration::from_secs(5)).await;
    }
}
