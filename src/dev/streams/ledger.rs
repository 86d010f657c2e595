//! Who has been told of which message, and when. No network and no clock: it is told both.
//!
//! The rule by which an announcement belongs to a message: the chat version of a member goes up by one for each
//! change of what she sees, so the first version on a connection that is higher than the one it showed when the
//! message was sent announces that message, if nothing else has happened to her chat since. Nothing else can
//! have: she takes part in one message at a time, as sender or as receiver (whose own other windows are told
//! too), and is chosen again only when every connection of hers has shown the change. Nobody reads and nobody
//! types here, which would be the other changes. A connection that never shows it keeps her out, and its message
//! is missing at the end. A version that a connection has shown before announces nothing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::plan::{Kind, Plan};

/// Draws for a pair that has nothing under way.
const DRAWS_MAX: usize = 100;

/// A message between two members, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) number: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// What a member waits to be told.
#[derive(Debug)]
struct Awaited {
    message: usize,
    receives: bool,
    /// The connections that have not shown it.
    left: BTreeSet<usize>,
}

/// An announcement that has not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) message: usize,
    pub(super) member: usize,
    pub(super) connection: usize,
    pub(super) receives: bool,
}

/// The messages that were sent, and the streams that have told of each.
pub(super) struct Ledger {
    plan: Plan,
    draw: SmallRng,
    /// The highest chat version that each connection has shown.
    shown: Vec<u64>,
    connections: Vec<Vec<usize>>,
    awaited: Vec<Option<Awaited>>,
    /// The number of the first message: those of the warm-up have others.
    first: usize,
    /// When each message was sent.
    sent: Vec<Instant>,
    arrivals: Vec<(Kind, Duration)>,
}

impl Ledger {
    pub(super) fn new(plan: Plan, first: usize) -> Self {
        let mut connections = vec![Vec::new(); plan.members];
        (0..plan.count).for_each(|connection| connections[plan.member_of(connection)].push(connection));
        Self {
            plan,
            // The same pairs in every run.
            draw: SmallRng::seed_from_u64(first as u64),
            first,
            shown: vec![0; plan.count],
            connections,
            awaited: (0..plan.members).map(|_| None).collect(),
            sent: Vec::new(),
            arrivals: Vec::new(),
        }
    }

    /// Chooses two who have nothing under way, for a message that is sent now. Nobody, if all draws fail.
    pub(super) fn begin(&mut self, now: Instant) -> Option<Message> {
        let (from, to) = (0..DRAWS_MAX).find_map(|_| {
            let from = self.draw.random_range(0..self.plan.members);
            let to = self.draw.random_range(0..self.plan.members);
            (from != to && self.awaited[from].is_none() && self.awaited[to].is_none()).then_some((from, to))
        })?;
        let message = self.first + self.sent.len();
        self.sent.push(now);
        for (member, receives) in [(from, false), (to, true)] {
            let left = self.connections[member].iter().copied().collect();
            self.awaited[member] = Some(Awaited { message, receives, left });
        }
        Some(Message { number: message, from, to })
    }

    /// A connection shows a chat version.
    pub(super) fn show(&mut self, connection: usize, version: u64, now: Instant) {
        if version <= self.shown[connection] {
            return;
        }
        self.shown[connection] = version;
        let awaited = &mut self.awaited[self.plan.member_of(connection)];
        let Some(Awaited { message, receives, left }) = awaited else { return };
        if !left.remove(&connection) {
            return;
        }
        if *receives {
            let took = now.saturating_duration_since(self.sent[*message - self.first]);
            self.arrivals.push((self.plan.kind(connection), took));
        }
        if left.is_empty() {
            *awaited = None;
        }
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.awaited.iter().all(Option::is_none)
    }

    /// From sending to showing, of every connection of every receiver.
    pub(super) fn arrivals(&self) -> &[(Kind, Duration)] {
        &self.arrivals
    }

    /// What has not been shown.
    pub(super) fn missing(&self) -> Vec<Missing> {
        let awaited = self.awaited.iter().enumerate();
        let awaited = awaited.filter_map(|(member, awaited)| Some((member, awaited.as_ref()?)));
        awaited
            .flat_map(|(member, Awaited { message, receives, left })| {
                left.iter().map(move |connection| Missing {
                    message: *message,
                    member,
                    connection: *connection,
                    receives: *receives,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two members with two connections each: 0 and 2 are the first's, 1 and 3 the second's.
    fn ledger() -> (Ledger, Instant) {
        (Ledger::new(Plan { members: 2, count: 4 }, 7), Instant::now())
    }

    fn of(member: usize) -> [usize; 2] {
        [member, member + 2]
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_message_arrives_at_every_connection_of_its_receiver() {
        let (mut ledger, now) = ledger();
        let message = ledger.begin(now).unwrap();
        assert_eq!(ledger.begin(now), None, "both are busy");
        of(message.from).into_iter().for_each(|connection| ledger.show(connection, 1, now + MS));
        assert!(ledger.arrivals().is_empty(), "her own windows are no arrivals");
        ledger.show(of(message.to)[0], 1, now + 2 * MS);
        assert!(!ledger.is_quiet());
        ledger.show(of(message.to)[1], 1, now + 5 * MS);
        assert!(ledger.is_quiet() && ledger.missing().is_empty());
        let mut took: Vec<Duration> = ledger.arrivals().iter().map(|(_, took)| *took).collect();
        took.sort();
        assert_eq!(took, [2 * MS, 5 * MS]);
        assert_eq!(ledger.begin(now).unwrap().number, 8);
    }

    #[test]
    fn what_is_not_shown_is_missing_and_keeps_her_out() {
        let (mut ledger, now) = ledger();
        let Message { from, to, .. } = ledger.begin(now).unwrap();
        of(from).into_iter().for_each(|connection| ledger.show(connection, 1, now));
        ledger.show(of(to)[0], 1, now);
        let missing = Missing { message: 7, member: to, connection: of(to)[1], receives: true };
        assert_eq!(ledger.missing(), [missing]);
        assert_eq!(ledger.begin(now), None);
    }

    #[test]
    fn an_announcement_of_what_was_before_counts_for_nothing() {
        let (mut ledger, now) = ledger();
        (0..4).for_each(|connection| ledger.show(connection, 7, now));
        let Message { to, .. } = ledger.begin(now).unwrap();
        of(to).into_iter().for_each(|connection| ledger.show(connection, 7, now + MS));
        of(to).into_iter().for_each(|connection| ledger.show(connection, 6, now + MS));
        assert!(ledger.arrivals().is_empty());
        // Shown twice, it counts once.
        ledger.show(of(to)[0], 8, now + MS);
        ledger.show(of(to)[0], 9, now + 2 * MS);
        assert_eq!(ledger.arrivals().len(), 1);
    }
}
