//! What every slice may ask for: time, ids, transactions, pools and tracked tasks. Nothing is global.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use tokio::sync::{OnceCell, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::bus::types::{Bus, Signal};
use crate::kernel::clock::Clock;
use crate::kernel::config::Config;
use crate::kernel::failure::Failure;
use crate::kernel::fault_injection::FailPoints;
use crate::kernel::fault_injection::Rehearsal;
use crate::kernel::id::{NodeId, TypedId};
use crate::kernel::metrics::Metrics;
use crate::kernel::module::{ModuleSpec, ModuleState, Registry, States};
pub use crate::kernel::tx::Tx;
use crate::live::Live;
use crate::shared::passwords::Passwords;
use crate::store::module_runtime::ModuleRuntime;
use crate::store::{Condition, Units};
use crate::web::counts::Memory;
use crate::web::presence::Presence;
use crate::web::secret::Secret;
use crate::web::visitor::Sessions;

/// What may follow from reading at once.
const AFTERWARDS_MAX: usize = 8;

/// The running program. Cheap to clone.
#[derive(Clone)]
pub struct Context(Arc<Shared>);

struct Shared {
    config: Config,
    clock: Clock,
    node: NodeId,
    registry: Arc<Registry>,
    units: Units,
    /// Nothing where the database is not ours to keep.
    private_postgres: watch::Sender<Option<Condition>>,
    bus: Arc<dyn Bus>,
    metrics: Metrics,
    /// Requests' own tasks and what follows after answers: the end of the process waits for them.
    tasks: TaskTracker,
    /// Relays, consumers and connections: they end when `stopping` is cancelled.
    loops: TaskTracker,
    leaving: CancellationToken,
    stopping: CancellationToken,
    /// Seats of what follows from reading.
    afterwards: Arc<Semaphore>,
    sessions: Sessions,
    live: Live,
    presence: Presence,
    counted: Memory,
    passwords: Passwords,
    secret: OnceCell<Secret>,
    /// What use cases turn.
    rehearsal: Rehearsal,
    fail_points: FailPoints,
    states: States,
}

impl Context {
    /// Puts a program together. Nothing runs yet: see [`crate::bus::start`] and [`crate::web::router::start`].
    pub fn assemble(
        config: Config,
        registry: Arc<Registry>,
        units: Units,
        bus: Arc<dyn Bus>,
        passwords: Passwords,
    ) -> Self {
        let live = Live::of(&config, &registry);
        let clock = Clock::default();
        let fail_points = FailPoints::of(&config);
        let states = registry.states(&config);
        Self(Arc::new(Shared {
            config,
            node: NodeId::of(clock.new_uuid()),
            clock,
            registry,
            units,
            private_postgres: watch::Sender::new(None),
            bus,
            metrics: Metrics::default(),
            tasks: TaskTracker::new(),
            loops: TaskTracker::new(),
            leaving: CancellationToken::new(),
            stopping: CancellationToken::new(),
            afterwards: Arc::new(Semaphore::new(AFTERWARDS_MAX)),
            sessions: Sessions::default(),
            live,
            presence: Presence::default(),
            counted: Memory::default(),
            passwords,
            secret: OnceCell::new(),
            rehearsal: Rehearsal::default(),
            fail_points,
            states,
        }))
    }

    pub fn config(&self) -> &Config {
        &self.0.config
    }
    /// What a module keeps in memory.
    ///
    /// # Errors
    /// 500 where no module has said that it keeps a value of this type.
    pub fn state<T: ModuleState>(&self) -> Result<&T, Failure> {
        self.0.states.get()
    }
    /// For [`Secret::of`].
    pub fn secret(&self) -> &OnceCell<Secret> {
        &self.0.secret
    }
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }
    pub fn bus(&self) -> &Arc<dyn Bus> {
        &self.0.bus
    }
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }
    /// How the private Postgres is, if there is one.
    pub fn private_postgres(&self) -> &watch::Sender<Option<Condition>> {
        &self.0.private_postgres
    }
    /// Who waits for news.
    pub fn live(&self) -> &Live {
        &self.0.live
    }
    /// Who is here.
    pub fn presence(&self) -> &Presence {
        &self.0.presence
    }
    /// What was counted for members, by version.
    pub fn counted(&self) -> &Memory {
        &self.0.counted
    }
    pub fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }
    /// Which of the nodes this is: another one after every start.
    pub fn node(&self) -> NodeId {
        self.0.node
    }
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }
    pub fn rehearsal(&self) -> &Rehearsal {
        &self.0.rehearsal
    }
    /// Cancelled a moment before [`Context::stopping`]: everything is still served, but nobody is to stay.
    pub fn leaving(&self) -> &CancellationToken {
        &self.0.leaving
    }
    pub fn fail_points(&self) -> &FailPoints {
        &self.0.fail_points
    }
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }
    pub fn units(&self) -> impl Iterator<Item = &Arc<ModuleRuntime>> {
        self.0.units.values()
    }

    /// The time of this request, to the microsecond.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// A new id, later than every id before.
    pub fn new_id<T: TypedId>(&self) -> T {
        T::of(self.0.clock.new_uuid())
    }

    /// The module as it runs.
    pub fn unit(&self, spec: &ModuleSpec) -> &Arc<ModuleRuntime> {
        self.unit_named(spec.name)
            .unwrap_or_else(|| unreachable!("{} is no module of this program", spec.name))
    }

    pub fn unit_named(&self, name: &str) -> Option<&Arc<ModuleRuntime>> {
        self.0.units.get(name)
    }

    /// For reads, which open no transaction.
    pub fn pool(&self, spec: &ModuleSpec) -> &PgPool {
        &self.unit(spec).pool
    }

    /// Begins a module's transaction for a command.
    ///
    /// # Errors
    /// If no connection is free in time, or the database does not answer.
    pub async fn begin(&self, spec: &ModuleSpec) -> Result<Tx, Failure> {
        let unit = self.unit(spec).clone();
        let pool = unit.pool.clone();
        Tx::begin(self.clone(), unit, pool).await
    }

    /// Tells every node, after the fact: this one at once, whatever the bus does. Lost signals do no harm, so
    /// nobody waits.
    pub fn signal(&self, signal: Signal) {
        self.hear(&signal);
        let bus = self.0.bus.clone();
        self.spawn(async move {
            if let Err(error) = bus.signal(signal).await {
                tracing::debug!(%error, "a signal was not sent");
            }
        });
    }

    /// Takes in what a signal says, from here or from another node.
    pub fn hear(&self, signal: &Signal) {
        self.0.sessions.hear(signal);
        self.0.live.hear(self, signal);
        self.0.presence.hear(signal);
    }

    /// Runs something that the end of the process waits for.
    pub fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.tasks.spawn(work.in_current_span())
    }

    /// Runs what follows from reading, after the answer. When too much of it is under way this is left out:
    /// it must not take the connections of those who read.
    pub fn spawn_afterwards<F>(&self, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Ok(seat) = self.0.afterwards.clone().try_acquire_owned() else {
            tracing::debug!("too much follows from reading; this is left out");
            return;
        };
        self.spawn(async move {
            work.await;
            drop(seat);
        });
    }

    /// Runs a loop that ends when [`Context::stopping`] is cancelled.
    pub fn spawn_loop<F>(&self, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.0.loops.spawn(work);
    }

    /// Tasks that requests left behind and that are still running.
    pub fn tasks_running(&self) -> usize {
        self.0.tasks.len()
    }

    /// Ends streams and loops, waits for what requests started, closes the pools: within `deadline`.
    pub async fn stop(&self, deadline: Duration) {
        self.0.leaving.cancel();
        self.0.stopping.cancel();
        let all = async {
            self.0.tasks.close();
            self.0.tasks.wait().await;
            self.0.bus.close().await;
            self.0.loops.close();
            self.0.loops.wait().await;
            for unit in self.units() {
                tokio::join!(unit.pool.close(), unit.background.close());
            }
        };
        if tokio::time::timeout(deadline, all).await.is_err() {
            tracing::warn!(
                tasks = self.0.tasks.len(),
                loops = self.0.loops.len(),
                "some work was cut off at the end"
            );
        }
    }
}
