//! Time and ids, from one place, so that a use case can say "30 days later".

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use uuid::{ContextV7, Timestamp, Uuid};

/// The time, to the microsecond, which is what Postgres keeps.
pub struct Clock {
    /// How far the clock of a test is ahead of the machine's; zero on a server.
    ahead: Mutex<TimeDelta>,
    /// Keeps ids of one millisecond in the order in which they were given.
    ids: Mutex<ContextV7>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { ahead: Mutex::new(TimeDelta::zero()), ids: Mutex::new(ContextV7::new()) }
    }
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub fn now(&self) -> DateTime<Utc> {
        let now = Utc::now() + *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
    }

    /// Moves the clock of a test; zero brings it back.
    pub fn set_ahead(&self, ahead: TimeDelta) {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = ahead;
    }

    /// A UUID of version 7 at this clock's time.
    pub fn new_uuid(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(Timestamp::from_unix(&*ids, seconds, now.timestamp_subsec_nanos()))
    }
}
