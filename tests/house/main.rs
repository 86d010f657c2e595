//! What must hold of the house as a whole, whatever its modules do: style, fences, guards, input, logins.
//!
//! `cargo test --test house tidy` runs what needs no database.

mod access_log;
mod bad_input;
mod bodies;
mod bus;
mod bus_facts;
mod cancelled;
mod compressed;
#[path = "../usecases/contract.rs"]
mod contract;
mod crossing;
mod crowd;
mod devices;
mod docs;
mod door;
mod effects;
mod events;
mod favorites;
mod fences;
mod forms;
mod fuzz;
mod healing;
mod house;
mod journals;
mod limits;
mod marks;
mod mock;
mod openapi;
mod operate;
mod operator;
mod operator_files;
mod origins;
mod owned;
mod photos;
mod picture;
#[path = "../shared/pictures.rs"]
mod pictures;
mod process;
mod rooms;
mod routes;
mod samples;
mod schemas;
mod security_log;
mod sessions;
#[path = "../shared/mod.rs"]
mod shared;
mod sources;
mod spine;
mod taken;
mod template;
mod texts;
mod tidy;
mod tidy_crates;
mod tidy_proof;
mod totals;
mod turns;
mod unread;
mod walk;
mod wire;

use shared::{broker, dice, join, postgres, site, wait};
