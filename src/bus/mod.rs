//! How events travel: fast over the bus, surely through the journal.
//!
//! A module's commits leave rows in its outbox; the [`relay`] gives them positions in the module's
//! [`journal`] and hands them to the bus; a [`consumer`] takes them from there, or from the journal where the
//! bus lost, repeated or reordered some. The bus only makes it fast: nothing depends on it.

pub mod consumer;
pub mod consumer_lease;
pub mod dead_letter;
pub mod erase;
pub mod faulty;
pub mod journal;
pub mod journal_range;
pub mod memory;
pub mod null;
pub mod rabbit;
pub mod read_your_writes;
pub mod rebuild;
pub mod relay;
pub mod retention;
pub mod settle;
pub mod status;
pub mod types;

use std::sync::Arc;

use futures::future::join_all;

pub use self::types::{Ack, Bump, Bus, BusError, Delivery, Entry, Features, Inbound, Report, Signal};

use self::memory::MemoryBus;
use self::rabbit::{AddressError, RabbitBus};
use crate::kernel::config::Config;
use crate::kernel::context::Context;
use crate::kernel::fault_injection::FailPoints;
use crate::kernel::module::Registry;
use crate::store::module_runtime::ModuleRuntime;

/// The bus that the configuration asks for.
///
/// # Errors
/// If the address of the broker is not one. A broker that is away is no error.
pub async fn open(config: &Config, registry: &Registry) -> Result<Arc<dyn Bus>, AddressError> {
    let Some(url) = &config.amqp_url else { return Ok(Arc::new(MemoryBus::default())) };
    let modules = registry.modules().iter().map(|spec| spec.name).collect();
    Ok(Arc::new(RabbitBus::open(url, &config.amqp_prefix, modules, FailPoints::of(config)).await?))
}

/// Starts a relay for every module that has events, and a consumer for every module that listens to others.
///
/// # Errors
/// If the bus refuses a subscription.
pub async fn start(ctx: &Context) -> Result<(), BusError> {
    // First, since a journal that was restored from a backup shows as long as nothing new is in it.
    join_all(ctx.units().map(|unit| check(ctx, unit))).await;
    for unit in ctx.units() {
        if !unit.events.is_empty() {
            ctx.spawn_loop(relay::run(ctx.clone(), unit.clone()));
            ctx.spawn_loop(retention::run(ctx.clone(), unit.clone()));
        }
        let sources = unit.sources();
        if !sources.is_empty() {
            let inbound = ctx.bus().subscribe(unit.spec.name, &sources).await?;
            ctx.spawn_loop(consumer::Consumer::new(ctx.clone(), unit.clone()).run(inbound));
        }
    }
    Ok(())
}

/// Stops consumers that are ahead of a restored journal, and logs those that are stopped already.
async fn check(ctx: &Context, unit: &Arc<ModuleRuntime>) {
    let lease = consumer_lease::ConsumerLease { ctx: ctx.clone(), unit: unit.clone() };
    for source in unit.sources() {
        let (behind, offset) = (consumer::behind(&lease, source).await, lease.offset(source).await);
        let why = match (&behind, &offset) {
            (Err(error), _) | (_, Err(error)) => error.to_string(),
            (_, Ok(Some(offset))) if offset.subscription > unit.subscription(source) => {
                "a newer version of this program listens to more, and this one consumes nothing for it"
                    .to_owned()
            }
            (_, Ok(offset)) => offset.as_ref().and_then(|offset| offset.stopped.clone()).unwrap_or_default(),
        };
        if !why.is_empty() {
            tracing::error!(module = unit.spec.name, source, "{why}");
        }
    }
}
