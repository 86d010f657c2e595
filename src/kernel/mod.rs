//! What every module stands on: modules and their registry, events, transactions, context, ids, time, failures.

#[macro_use]
pub mod id;
pub mod cause;
pub mod clock;
pub mod config;
pub mod context;
pub mod event;
pub mod failure;
pub mod fault_injection;
pub mod logs;
pub mod metrics;
pub mod module;
pub mod problem;
pub mod tx;
