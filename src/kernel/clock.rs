//! Time and ids, from one place, so that a use case can say "30 days later".

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use uuid::{ContextV7, Timestamp, Uuid};

/// The time, to the microsecond, which is what Postgres keeps.
pub struct Clock {
    hands: Mutex<Hands>,
    /// Keeps ids of one millisecond in the order in which they were given.
    ids: Mutex<ContextV7>,
}

/// How a clock of a test differs from the machine's; not at all on a server.
struct Hands {
    ahead: TimeDelta,
    /// Since when it has gone so many times as slowly.
    slow: Option<(DateTime<Utc>, i32)>,
}

impl Default for Clock {
    fn default() -> Self {
        let hands = Hands { ahead: TimeDelta::zero(), slow: None };
        Self { hands: Mutex::new(hands), ids: Mutex::new(ContextV7::new()) }
    }
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub fn now(&self) -> DateTime<Utc> {
        let (hands, machine) = (self.hands(), Utc::now());
        let now = match hands.slow {
            Some((since, times)) => since + (machine - since) / times,
            None => machine,
        };
        let now = now + hands.ahead;
        now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
    }

    /// Moves the clock of a test; zero brings it back.
    pub fn set_ahead(&self, ahead: TimeDelta) {
        self.hands().ahead = ahead;
    }

    /// Lets the clock of a test go so many times as slowly: what a busy machine needs is no time of the story.
    #[expect(clippy::disallowed_methods, reason = "the machine's time is what it is slower than")]
    pub fn slow_down(&self, times: i32) {
        self.hands().slow = Some((Utc::now(), times));
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A UUID of version 7 at this clock's time.
    pub fn new_uuid(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(Timestamp::from_unix(&*ids, seconds, now.timestamp_subsec_nanos()))
    }
}

/// Milliseconds since 1970 of this machine, which no use case turns: for numbers that have to grow and mean nothing else.
#[expect(clippy::disallowed_methods, reason = "an epoch has to be later than those of before a restore")]
pub fn machine_millis() -> i64 {
    Utc::now().timestamp_millis()
}
