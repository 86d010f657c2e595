//! Keeps the private Postgres running while the site lives.
//!
//! The rule: a site without its database either comes back by itself or ends with the reason, so that an operator
//! notices. A full disk is waited for, however long: an operator who makes room need not restart anything. Everything else
//! has [`TRIES_MAX`] tries. Nobody tells the pools: the socket is where it was.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::watch;
use tokio::time::sleep;

use super::StoreError;
use super::private::PrivatePostgres;

/// From one look at the server to the next.
const LOOK: Duration = Duration::from_millis(100);
/// Ends in a row, before it is given up.
const TRIES_MAX: u32 = 5;
/// A server that has run for so long has recovered: what ends it now is another matter.
const STEADY: Duration = Duration::from_mins(1);
/// Between two tries: none, then this, then twice as long every time, up to the most.
const WAIT: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(5);

/// How the private Postgres is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    Runs,
    /// It has ended, and is started again.
    Restarting,
    /// It has ended, since its disk is full.
    NoRoom,
}

/// Starts the server again whenever it has ended, and tells how it is. Returns why that does not help any more. A
/// caller that cancels this can still stop the server.
pub async fn keep(
    postgres: &mut PrivatePostgres,
    condition: &watch::Sender<Option<Condition>>,
) -> StoreError {
    let mut patience = Patience::default();
    loop {
        condition.send_replace(Some(Condition::Runs));
        let begun = Instant::now();
        while !postgres.is_away() {
            sleep(LOOK).await;
        }
        if begun.elapsed() > STEADY {
            patience = Patience::default();
        }
        let mut reason = postgres.why_away();
        loop {
            let is_full = matches!(reason, StoreError::NoRoom { .. });
            condition.send_replace(Some(if is_full { Condition::NoRoom } else { Condition::Restarting }));
            tracing::error!(%reason, "the private Postgres is away, and is started again");
            if !is_full && patience.is_exhausted() {
                return StoreError::GaveUp { times: TRIES_MAX, reason: Box::new(reason) };
            }
            sleep(patience.wait()).await;
            match postgres.renew().await {
                Ok(()) => break,
                Err(last @ (StoreError::Gone { .. } | StoreError::WrongVersion { .. })) => return last,
                Err(another) => reason = another,
            }
        }
        tracing::info!("the private Postgres runs again");
    }
}

/// How often it was tried, and how long to wait before the next time.
#[derive(Default)]
struct Patience {
    tries: u32,
    wait: Duration,
}

impl Patience {
    /// Counts one more try, if there is one.
    fn is_exhausted(&mut self) -> bool {
        self.tries += 1;
        self.tries > TRIES_MAX
    }

    /// The wait before this try.
    fn wait(&mut self) -> Duration {
        let now = self.wait;
        self.wait = (now * 2).clamp(WAIT, WAIT_MAX);
        now
    }
}
