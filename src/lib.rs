//! HappyPancake: a dating site in one binary, made of modules that tell each other what happened.
//!
//! # Map, from the bottom to the top: what stands lower knows nothing of what stands higher (`tests/house/rooms.rs`)
//! - [`store`]: Postgres: pools, roles, schemas, the private server
//! - [`kernel`]: what a module is, events, transactions, context, ids, time, problems and failures
//! - [`bus`]: brings events from their journals to the modules that listen
//! - [`shared`]: read models and words that many modules use
//! - [`live`]: who waits for news on this node
//! - [`web`]: sessions, limits, headers, forms and pages; [`openapi`]: the JSON API as programs read it
//! - [`modules`]: the site itself
//! - [`admin`]: commands of those who run it
//! - [`app`], [`cli`]: start, shutdown, arguments
//! - [`dev`]: tooling: use cases as tests and stories, mock, loads
//!
//! # Invariants
//! - A module reads and writes its own schema only, and imports only the contracts of others.
//! - An event is published if and only if the transaction that decided it is committed and changed something.
//! - Each event has its effect in each subscribed module exactly once, in its source's order.
//! - Every action has a policy, and every change runs in a task that a disconnect does not cancel.
//! - Time, ids and tasks come from [`kernel::context::Context`]; nothing is global.

#[macro_use]
pub mod kernel;
pub mod admin;
pub mod app;
pub mod bus;
pub mod cli;
pub mod dev;
pub mod live;
pub mod modules;
pub mod openapi;
pub mod shared;
pub mod store;
pub mod web;
