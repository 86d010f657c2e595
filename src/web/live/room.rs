//! Those who wait for news of one member: her tabs and programs on this node.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::id::{MemberId, SessionId};

/// Streams and polls of one member. Browsers open six connections to a host, and pages need some of them.
pub const SEATS_MAX: usize = 4;

/// What is known of a member. Whoever is slow sees the last state, never a queue of old ones.
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
    /// She has opened newer ones than [`SEATS_MAX`] allows.
    Elsewhere,
}

/// One who waits.
pub(super) struct Seat {
    pub(super) session: SessionId,
    end: AtomicU8,
}

impl Seat {
    pub(super) fn new(session: SessionId) -> Self {
        Self { session, end: AtomicU8::new(0) }
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

/// See the module.
pub(super) struct Room {
    pub(super) news: watch::Sender<News>,
    /// In the order of arrival.
    seats: Mutex<Vec<Arc<Seat>>>,
}

impl Room {
    pub(super) fn new(modules: usize) -> Self {
        let versions = vec![-1; modules].into();
        let news = News { versions, typed: 0, typist: None, checks: 0 };
        Self { news: watch::Sender::new(news), seats: Mutex::default() }
    }

    /// Takes a seat. The one who has waited longest loses hers where there are too many.
    pub(super) fn enter(&self, seat: Arc<Seat>) {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if seats.len() >= SEATS_MAX {
            seats.remove(0).set(End::Elsewhere);
            self.wake();
        }
        seats.push(seat);
    }

    /// Gives it back. True if the room is empty now.
    pub(super) fn leave(&self, seat: &Arc<Seat>) -> bool {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.retain(|other| !Arc::ptr_eq(other, seat));
        seats.is_empty()
    }

    pub(super) fn sessions(&self) -> Vec<SessionId> {
        let seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.iter().map(|seat| seat.session).collect()
    }

    /// Ends those of a session.
    pub(super) fn log_out(&self, session: SessionId) {
        let seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let of_session = seats.iter().filter(|seat| seat.session == session);
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

    /// Lets everybody look whether her seat is still hers.
    pub(super) fn wake(&self) {
        self.news.send_modify(|_| {});
    }
}
