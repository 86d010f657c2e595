//! Proofs of the promise: whatever happens, each event has its effect in each subscribed module once and in
//! order, or is parked. Real programs on a real Postgres are killed, cut off, frozen and doubled. What takes a large site
//! (`bounded_*`) or every interleaving (`live_races`) is here, too.
//!
//! `./r promise --nocapture` prints what was measured; docs/reliability.md tells how it works.

mod aborted;
mod bounded_news;
mod bounded_search;
mod chaos;
mod client;
mod cut;
mod drained;
mod failover;
mod foreign;
mod frozen;
mod kept;
mod killed;
mod late;
mod live_races;
mod neighbours;
mod nginx;
mod nodes;
mod photos;
#[path = "../shared/pictures.rs"]
mod pictures;
#[path = "../shared/population.rs"]
mod population;
mod procedures;
mod proxied;
mod recovered;
mod refused;
mod restarted;
mod revived;
#[path = "../shared/mod.rs"]
mod shared;
mod slow;
mod stories;
mod streams;
mod tls;
mod town;

use shared::{broker, dice, join, postgres, site, wait};

/// Whoever needs the machine for itself takes it whole; all others share it.
static MACHINE: tokio::sync::RwLock<()> = tokio::sync::RwLock::const_new(());
