//! A module's transaction: decides, emits, and commits state and events as one.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction, query};

use crate::bus::{Bump, Signal, read_your_writes};
use crate::kernel::cause;
use crate::kernel::context::Context;
use crate::kernel::event::{Applied, Event, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::fault_injection::Step;
use crate::kernel::id::{EventId, TypedId};
use crate::kernel::module::ModuleSpec;
use crate::store::module_runtime::ModuleRuntime;

/// What a member is told to wait for a module that is being rebuilt.
const REBUILT_WAIT: Duration = Duration::from_secs(10);
/// Events that one transaction may publish.
const EVENTS_MAX: usize = 10_000;

/// A transaction on the schema of one module. Dropped without [`Tx::commit`], it leaves nothing behind.
pub struct Tx {
    ctx: Context,
    unit: Arc<ModuleRuntime>,
    inner: Transaction<'static, Postgres>,
    at: DateTime<Utc>,
    outbox: Outbox,
    signals: Vec<Signal>,
    bumps: Vec<Bump>,
    /// True while a module is rebuilt: what its listeners emit is in its journal already.
    replaying: bool,
}

/// Rows that `commit` writes in one statement, column by column.
#[derive(Default)]
struct Outbox {
    events: Vec<uuid::Uuid>,
    names: Vec<&'static str>,
    keys: Vec<uuid::Uuid>,
    at: Vec<DateTime<Utc>>,
    subjects: Vec<String>,
    payloads: Vec<String>,
}

impl Tx {
    /// Begins in a task of its own: a cancelled `begin` would leave the pooled connection inside an open
    /// transaction for its next borrower (sqlx issue 4385).
    pub(crate) async fn begin(ctx: Context, unit: Arc<ModuleRuntime>, pool: PgPool) -> Result<Self, Failure> {
        #[expect(clippy::disallowed_methods, reason = "the one place that begins")]
        let begun = ctx.spawn(async move { pool.begin().await });
        let inner = begun.await.map_err(Failure::internal)??;
        let at = ctx.now();
        let (outbox, signals, bumps) = (Outbox::default(), Vec::new(), Vec::new());
        Ok(Self { ctx, unit, inner, at, outbox, signals, bumps, replaying: false })
    }

    /// The module whose transaction it is.
    pub fn spec(&self) -> &'static ModuleSpec {
        self.unit.spec
    }

    /// For queries.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.inner
    }

    /// The time of everything in this transaction.
    pub fn now(&self) -> DateTime<Utc> {
        self.at
    }

    /// Sets the time: for events of the past, in use cases and imports.
    pub fn set_now(&mut self, at: DateTime<Utc>) {
        self.at = at;
    }

    /// From now on nothing is emitted: it was, when this happened first.
    pub(crate) fn replay(&mut self) {
        self.replaying = true;
    }

    /// States a fact: the module's own listeners write it down at once. It is published on commit, if they
    /// changed anything.
    ///
    /// # Errors
    /// The error of the module's own listener; after it the transaction cannot be committed.
    pub async fn emit<E: Event>(&mut self, event: E) -> Result<Applied, Failure> {
        if self.replaying {
            return Ok(Applied::Nothing);
        }
        let fact = Recorded { id: self.ctx.new_id::<EventId>(), at: self.at, event };
        let applied = match self.unit.own(E::NAME) {
            Some(listeners) => {
                let mut applied = Applied::Nothing;
                for record in listeners.iter() {
                    if self.ctx.rehearsal().lacks_listener(record.number) {
                        continue;
                    }
                    let any: &(dyn Any + Send + Sync) = &fact;
                    if record.listener.inline(self, any).await?.changed() {
                        applied = Applied::Changed;
                    }
                    if self.ctx.rehearsal().twice() && record.listener.inline(self, any).await?.changed() {
                        return Err(Failure::internal(format!("{} twice is not the same as once", E::NAME)));
                    }
                }
                applied
            }
            // A module that is not built yet has no listener: its events are played as they come.
            None => Applied::Changed,
        };
        self.ctx.fail_points().reached(Step::Effect, [E::NAME]);
        if applied.changed() && !self.ctx.rehearsal().lacks_event(E::NAME) {
            self.outbox.push(&fact)?;
        }
        Ok(applied)
    }

    /// Tells every node once this is committed.
    pub fn signal(&mut self, signal: Signal) {
        self.signals.push(signal);
    }

    /// Tells every node of these new versions once this is committed.
    pub(crate) fn bumped(&mut self, bumps: impl IntoIterator<Item = Bump>) {
        self.bumps.extend(bumps);
    }

    /// Commits state and events as one. The outbox rows are written last: whoever had to wait for another
    /// command's rows gets the later ids.
    ///
    /// # Errors
    /// If the database refuses or does not answer. Whether it committed may then be unknown ([`Failure::outcome_unknown`]).
    pub async fn commit(mut self) -> Result<(), Failure> {
        let rows = std::mem::take(&mut self.outbox);
        let publishes = !rows.events.is_empty();
        if publishes {
            let sql = &self.unit.sql;
            let sql = if rows.events.len() == 1 { &sql.write_outbox_row } else { &sql.write_outbox };
            let written = query(AssertSqlSafe(sql.clone()))
                .bind(rows.events)
                .bind(&rows.names)
                .bind(rows.keys)
                .bind(rows.at)
                .bind(rows.subjects)
                .bind(rows.payloads)
                .bind(cause::current())
                .execute(&mut *self.inner)
                .await?;
            if written.rows_affected() == 0 {
                return Err(
                    Failure::busy(REBUILT_WAIT).because(format!("{} is being rebuilt", self.unit.spec.name))
                );
            }
            self.ctx.fail_points().reached(Step::Outbox, rows.names.iter().copied());
        }
        // Where the answer to COMMIT is lost, nobody knows whether it happened.
        self.inner.commit().await.map_err(|error| Failure::from(error).outcome_unknown())?;
        if publishes {
            self.ctx.fail_points().reached(Step::Commit, rows.names);
            read_your_writes::published(&self.unit, self.unit.progress.committed());
        }
        if !self.bumps.is_empty() {
            self.ctx.signal(Signal::Versions(self.bumps.into()));
        }
        for signal in self.signals {
            self.ctx.signal(signal);
        }
        Ok(())
    }
}

impl Outbox {
    fn push<E: Event>(&mut self, fact: &Recorded<E>) -> Result<(), Failure> {
        if self.events.len() >= EVENTS_MAX {
            return Err(Failure::internal(format!("more than {EVENTS_MAX} events in one transaction")));
        }
        let subjects: Vec<String> = fact.event.subjects().iter().map(ToString::to_string).collect();
        self.events.push(fact.id.uuid());
        self.names.push(E::NAME);
        self.keys.push(fact.event.key().uuid());
        self.at.push(fact.at);
        self.subjects.push(subjects.join(","));
        self.payloads.push(serde_json::to_string(&fact.event)?);
        Ok(())
    }
}
