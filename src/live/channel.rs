//! Those who wait for news of one member: her tabs and programs on this node.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::kernel::id::{MemberId, SessionId};

/// Event streams of one member. Browsers open six connections to a host, and pages need some of them.
pub const STREAMS_MAX: usize = 4;
/// Long polls of one member: programs of hers, on all her devices.
pub const POLLS_MAX: usize = 8;
/// Both.
pub(super) const SEATS_MAX: usize = STREAMS_MAX + POLLS_MAX;
/// Streams that newer ones close within [`CLOSED_IN`]. A person opens no more windows than that; programs that each
/// come back as soon as they are closed would go on for ever.
const CLOSED_MAX: usize = 4;
const CLOSED_IN: Duration = Duration::from_secs(20);
/// When a poll that is one too many may come back.
const POLL_AGAIN: Duration = Duration::from_secs(5);

/// How somebody waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An event stream. The newest takes the place of the oldest: somebody looks at it.
    Stream,
    /// A long poll. All are alike, so none is closed for another.
    Poll,
}

/// What is known of a member. A slow subscriber sees the last state, never a queue of old ones.
#[derive(Debug, Clone)]
pub(super) struct News {
    /// In the order of the live modules; -1 before the first is known.
    pub(super) versions: Box<[i64]>,
    /// How often somebody typed to her, and who was the last.
    pub(super) typed: u64,
    pub(super) typist: Option<MemberId>,
    /// Grows when sessions have to be looked at again.
    pub(super) checks: u64,
}

/// Why a stream is over for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The login is over, or the member may not be here any more.
    LoggedOut,
    /// She has opened more streams than [`STREAMS_MAX`] since.
    Elsewhere,
}

/// One who waits.
pub(super) struct Subscriber {
    pub(super) session: SessionId,
    kind: Kind,
    end: AtomicU8,
}

impl Subscriber {
    pub(super) fn new(session: SessionId, kind: Kind) -> Self {
        Self { session, kind, end: AtomicU8::new(0) }
    }

    pub(super) fn ended(&self) -> Option<End> {
        match self.end.load(Ordering::SeqCst) {
            0 => None,
            1 => Some(End::LoggedOut),
            _ => Some(End::Elsewhere),
        }
    }

    fn set(&self, end: End) {
        let code = match end {
            End::LoggedOut => 1,
            End::Elsewhere => 2,
        };
        self.end.store(code, Ordering::SeqCst);
    }
}

/// The streams and polls of one member, and what they have to learn.
pub(super) struct Channel {
    pub(super) news: watch::Sender<News>,
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    /// In the order of arrival.
    taken: Vec<Arc<Subscriber>>,
    /// When streams were closed for newer ones.
    closed: VecDeque<Instant>,
}

impl Channel {
    pub(super) fn new(modules: usize) -> Self {
        let versions = vec![-1; modules].into();
        let news = News { versions, typed: 0, typist: None, checks: 0 };
        Self { news: watch::Sender::new(news), seats: Mutex::default() }
    }

    /// Adds a subscriber. Where there are too many streams, the oldest one ends. Refuses a poll that is one too many, and a
    /// stream for which others would end too often: after this time it may come back.
    pub(super) fn enter(&self, seat: Arc<Subscriber>, now: Instant) -> Result<(), Duration> {
        let mut seats = self.seats();
        let alike = seats.taken.iter().filter(|other| other.kind == seat.kind).count();
        match seat.kind {
            Kind::Poll if alike >= POLLS_MAX => return Err(POLL_AGAIN),
            Kind::Stream if alike >= STREAMS_MAX => {
                seats.close_oldest_stream(now)?;
                self.wake();
            }
            _ => {}
        }
        seats.taken.push(seat);
        Ok(())
    }

    /// Removes a subscriber. True if the channel is empty now.
    pub(super) fn leave(&self, seat: &Arc<Subscriber>) -> bool {
        let mut seats = self.seats();
        seats.taken.retain(|other| !Arc::ptr_eq(other, seat));
        seats.taken.is_empty()
    }

    pub(super) fn sessions(&self) -> Vec<SessionId> {
        self.seats().taken.iter().map(|seat| seat.session).collect()
    }

    /// Ends those of a session.
    pub(super) fn log_out(&self, session: SessionId) {
        let seats = self.seats();
        let of_session = seats.taken.iter().filter(|seat| seat.session == session);
        if of_session.map(|seat| seat.set(End::LoggedOut)).count() > 0 {
            self.wake();
        }
    }

    /// A version that may be new. An older one comes too late and is nothing.
    pub(super) fn learn(&self, module: usize, version: i64) {
        self.news.send_if_modified(|news| {
            let newer = news.versions[module] < version;
            if newer {
                news.versions[module] = version;
            }
            newer
        });
    }

    /// Wakes all subscribers: each sees whether it still belongs to the channel.
    pub(super) fn wake(&self) {
        self.news.send_modify(|_| {});
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seats {
    fn close_oldest_stream(&mut self, now: Instant) -> Result<(), Duration> {
        self.closed.retain(|at| now - *at < CLOSED_IN);
        if let Some(first) = self.closed.front().filter(|_| self.closed.len() >= CLOSED_MAX) {
            return Err(CLOSED_IN.saturating_sub(now - *first));
        }
        if let Some(place) = self.taken.iter().position(|seat| seat.kind == Kind::Stream) {
            self.taken.remove(place).set(End::Elsewhere);
            self.closed.push_back(now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::kernel::id::TypedId;

    const SECOND: Duration = Duration::from_secs(1);

    fn seat(kind: Kind) -> Arc<Subscriber> {
        Arc::new(Subscriber::new(SessionId::of(Uuid::nil()), kind))
    }

    #[test]
    fn polls_and_streams_are_counted_apart() {
        let (channel, now) = (Channel::new(0), Instant::now());
        let polls: Vec<_> = (0..POLLS_MAX).map(|_| seat(Kind::Poll)).collect();
        let streams: Vec<_> = (0..=STREAMS_MAX).map(|_| seat(Kind::Stream)).collect();
        for seat in polls.iter().chain(&streams) {
            assert_eq!(channel.enter(seat.clone(), now), Ok(()));
        }
        assert_eq!(channel.enter(seat(Kind::Poll), now), Err(POLL_AGAIN));
        assert!(polls.iter().chain(&streams[1..]).all(|seat| seat.ended().is_none()));
        assert_eq!(streams[0].ended(), Some(End::Elsewhere));
        assert!(!channel.leave(&polls[0]));
        assert_eq!(channel.enter(seat(Kind::Poll), now), Ok(()));
    }

    #[test]
    fn streams_do_not_close_each_other_for_ever() {
        let (channel, noon) = (Channel::new(0), Instant::now());
        let opened = |at: Duration| channel.enter(seat(Kind::Stream), noon + at);
        for _ in 0..STREAMS_MAX + CLOSED_MAX {
            assert_eq!(opened(Duration::ZERO), Ok(()));
        }
        assert_eq!(opened(SECOND), Err(CLOSED_IN.saturating_sub(SECOND)));
        assert_eq!(opened(CLOSED_IN), Ok(()));
    }
}
