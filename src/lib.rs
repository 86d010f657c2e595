//! HappyPancake: a dating site in one binary, made of modules that tell each other what happened.
//!
//! # Map
//! - [`module`]: what a module is, and the registry that everything is derived from
//! - [`event`], [`tx`], [`bus`]: how facts are decided, written down and brought to others
//! - [`context`]: what a slice may ask for; [`problem`], [`failure`]: how it refuses
//! - [`web`]: sessions, limits, headers, forms and pages; [`store`]: Postgres
//! - [`kit`]: what many modules share; [`modules`]: the site itself; [`text`]: what a text may be
//! - [`mock`]: the use cases' answers over HTTP, before a server has them
//! - [`operate`]: commands of those who run it; [`rehearsal`]: what use cases turn;
//!   [`fail_point`]: where a development build can be made to die
//! - [`replay`], [`streams`]: traffic through a server of its own; [`drive`]: what they share
//! - [`openapi`]: the JSON API as programs read it
//! - [`usecase`]: the design as data: tests, stories, summary and graph
//!
//! # Invariants
//! - A module reads and writes its own schema only, and imports only the contracts of others.
//! - An event is published if and only if the transaction that decided it is committed and changed something.
//! - Each event has its effect in each subscribed module exactly once, in its source's order.
//! - Every action has a policy, and every change runs in a task that a disconnect does not cancel.
//! - Time, ids and tasks come from [`context::Context`]; nothing is global.

#[macro_use]
pub mod id;
pub mod admin;
pub mod app;
pub mod bus;
pub mod cause;
pub mod cli;
pub mod clock;
pub mod config;
pub mod context;
pub mod drive;
pub mod event;
pub mod failure;
pub mod fault_injection;
pub mod logs;
pub mod metrics;
pub mod mock;
pub mod module;
pub mod modules;
pub mod openapi;
pub mod passwords;
pub mod problem;
pub mod replay;
pub mod shared;
pub mod store;
pub mod streams;
pub mod test_site;
pub mod text;
pub mod tx;
pub mod usecase;
pub mod web;
