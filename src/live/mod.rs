//! Who waits for news on this node: event streams of pages, and long polls of programs.
//!
//! A live module keeps a version of what each member sees ([`crate::shared::versions`]). A client that waits says which
//! versions she has seen; she hears as soon as one is another. Signals make that immediate, and nothing depends on
//! them: every `REREAD_EVERY` the versions of all who wait are read again, and so are their sessions. She enters
//! first and reads the versions then, so nothing can fall in between.

mod channel;
mod cursor;
mod throttle;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use self::channel::{Channel, News, SEATS_MAX, Subscriber};
pub use self::channel::{End, Kind, POLLS_MAX, STREAMS_MAX};
pub use self::cursor::Cursor;
use self::throttle::Throttle;
use crate::bus::{Bump, Signal};
use crate::kernel::config::Config;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, SessionId};
use crate::kernel::module::{ModuleSpec, Registry};
use crate::shared::versions;
use crate::web::visitor::Actor;

/// How late a lost signal makes anything.
const REREAD_EVERY: Duration = Duration::from_secs(5);
/// Members or sessions of one query.
const REREAD_ROWS: usize = 1000;
/// When to come back where the channel takes no more subscribers: not all at once.
const FULL_WAIT_SECONDS: std::ops::RangeInclusive<u64> = 5..=20;

/// Clients that are held before they are told that they are too many. Beyond that they are told at once.
const HELD_MAX: usize = 256;

type Rooms = Arc<Mutex<HashMap<MemberId, Arc<Channel>>>>;

/// All channels of this node.
pub struct Live {
    modules: Vec<&'static ModuleSpec>,
    /// In the order of the modules.
    throttle: Vec<Throttle>,
    rooms: Rooms,
    seats: Arc<Semaphore>,
    seats_max: usize,
    held: Semaphore,
}

/// Why a subscriber is refused.
#[derive(Debug)]
pub enum Refused {
    /// The member has too many; after this time she may come back.
    TooMany(Duration),
    Failed(Failure),
}

/// What she hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// These modules have something new for her.
    Changed(Vec<&'static str>),
    /// This member types to her.
    Typing(MemberId),
    /// Nothing more will come.
    Ended(End),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Live {
    pub fn of(config: &Config, registry: &Registry) -> Self {
        let mut modules: Vec<_> = registry.live().collect();
        modules.sort_by_key(|spec| spec.name);
        let seats = Arc::new(Semaphore::new(config.streams_max));
        let throttle = modules.iter().map(|_| Throttle::every(config.shared_pace)).collect();
        let held = Semaphore::new(HELD_MAX);
        Self { modules, throttle, rooms: Rooms::default(), seats, seats_max: config.streams_max, held }
    }

    pub fn modules(&self) -> &[&'static ModuleSpec] {
        &self.modules
    }

    /// Streams and polls that wait now.
    pub fn waiting(&self) -> usize {
        self.seats_max - self.seats.available_permits()
    }

    /// The versions of a member now.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn versions(
        &self,
        ctx: &Context,
        member: MemberId,
        modules: impl IntoIterator<Item = &'static str>,
    ) -> Result<Cursor, Failure> {
        let mut cursor = Cursor::default();
        for module in modules {
            let Some(spec) = self.modules.iter().find(|spec| spec.name == module) else { continue };
            cursor.set(module, versions::of(ctx.pool(spec), spec, member).await?);
        }
        Ok(cursor)
    }

    /// Waits for what comes after a cursor. 503 where too many do.
    ///
    /// # Errors
    /// [`Refused::TooMany`] if the member has too many; 503 if the node has, or if the database does not answer.
    pub async fn subscribe(
        &self,
        ctx: &Context,
        actor: &Actor,
        seen: Cursor,
        kind: Kind,
    ) -> Result<Subscription, Refused> {
        let permit = self.seats.clone().try_acquire_owned().map_err(|_| {
            Refused::Failed(Failure::busy(Duration::from_secs(rand::random_range(FULL_WAIT_SECONDS))))
        })?;
        let subscription = self.enter(actor, seen, permit, kind)?;
        // Entered first: what changes from now on is heard, and what changed before is read.
        let cursor = self.versions(ctx, actor.id, subscription.seen.modules()).await?;
        for (place, spec) in self.modules.iter().enumerate() {
            if let Some(version) = cursor.version(spec.name) {
                subscription.channel.learn(place, version);
            }
        }
        Ok(subscription)
    }

    fn enter(
        &self,
        actor: &Actor,
        seen: Cursor,
        permit: OwnedSemaphorePermit,
        kind: Kind,
    ) -> Result<Subscription, Refused> {
        let seat = Arc::new(Subscriber::new(actor.session, kind));
        let mut rooms = lock(&self.rooms);
        let new = || Arc::new(Channel::new(self.modules.len()));
        let channel = rooms.entry(actor.id).or_insert_with(new).clone();
        channel.enter(seat.clone(), Instant::now()).map_err(Refused::TooMany)?;
        let news = channel.news.subscribe();
        let (typed, checks) = (news.borrow().typed, news.borrow().checks);
        let (rooms, member) = (self.rooms.clone(), actor.id);
        Ok(Subscription { rooms, member, channel, seat, news, seen, typed, checks, _permit: permit })
    }

    /// Lets a client wait that is to be refused: one that does not heed the refusal comes back less often.
    pub async fn hold(&self, ctx: &Context, patience: Duration) {
        let Ok(_held) = self.held.try_acquire() else { return };
        tokio::select! {
            () = ctx.leaving().cancelled() => {}
            () = tokio::time::sleep(patience) => {}
        }
    }

    /// Takes in a signal.
    pub fn hear(&self, ctx: &Context, signal: &Signal) {
        match signal {
            Signal::Versions(bumps) => bumps.iter().for_each(|bump| self.learn(bump)),
            Signal::Shared(module) => self.reread_soon(ctx, module),
            Signal::Typing { from, to } => {
                if let Some(channel) = self.channel(*to) {
                    channel.news.send_modify(|news| {
                        news.typed += 1;
                        news.typist = Some(*from);
                    });
                }
            }
            Signal::SessionEnded(session) => {
                self.rooms().iter().for_each(|channel| channel.log_out(*session));
            }
            Signal::ActorChanged(member) => {
                if let Some(channel) = self.channel(*member) {
                    channel.news.send_modify(|news| news.checks += 1);
                }
            }
            Signal::Seen { .. } | Signal::Hidden { .. } => {}
        }
    }

    /// Reads the versions and sessions of all who wait. What fails is read again the next time.
    pub async fn reread(&self, ctx: &Context) {
        let members: Vec<MemberId> = lock(&self.rooms).keys().copied().collect();
        for spec in &self.modules {
            self.reread_versions(ctx, spec, &members).await;
        }
        let rooms = self.rooms();
        for rooms in rooms.chunks(REREAD_ROWS / SEATS_MAX) {
            let sessions: Vec<SessionId> = rooms.iter().flat_map(|channel| channel.sessions()).collect();
            match still_open(ctx, &sessions).await {
                Ok(open) => sessions.iter().filter(|session| !open.contains(session)).for_each(|session| {
                    rooms.iter().for_each(|channel| channel.log_out(*session));
                }),
                Err(failure) => tracing::warn!(%failure, "sessions were not reread"),
            }
        }
    }

    /// Reads the versions of a module of all who wait: now, or a moment after the last time.
    fn reread_soon(&self, ctx: &Context, module: &str) {
        let Some(place) = self.place(module) else { return };
        // A subscriber that enters from now on reads its own then.
        if lock(&self.rooms).is_empty() {
            return;
        }
        let Some(wait) = self.throttle[place].claim(Instant::now()) else { return };
        let own = ctx.clone();
        ctx.spawn(async move {
            tokio::select! {
                () = own.stopping().cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            let live = own.live();
            live.throttle[place].begin(Instant::now());
            let members: Vec<MemberId> = lock(&live.rooms).keys().copied().collect();
            live.reread_versions(&own, live.modules[place], &members).await;
        });
    }

    async fn reread_versions(&self, ctx: &Context, spec: &'static ModuleSpec, members: &[MemberId]) {
        for members in members.chunks(REREAD_ROWS) {
            match versions::of_many(ctx.pool(spec), spec, members).await {
                Ok(rows) => rows.into_iter().for_each(|(member, version)| {
                    self.learn(&Bump { module: spec.name, member, version });
                }),
                Err(failure) => tracing::warn!(%failure, module = spec.name, "versions were not reread"),
            }
        }
    }

    fn place(&self, module: &str) -> Option<usize> {
        self.modules.iter().position(|spec| spec.name == module)
    }

    fn learn(&self, bump: &Bump) {
        if let (Some(place), Some(channel)) = (self.place(bump.module), self.channel(bump.member)) {
            channel.learn(place, bump.version);
        }
    }

    fn channel(&self, member: MemberId) -> Option<Arc<Channel>> {
        lock(&self.rooms).get(&member).cloned()
    }

    fn rooms(&self) -> Vec<Arc<Channel>> {
        lock(&self.rooms).values().cloned().collect()
    }
}

/// One who waits for what comes after `seen`. Dropped, it leaves the channel.
pub struct Subscription {
    rooms: Rooms,
    member: MemberId,
    channel: Arc<Channel>,
    seat: Arc<Subscriber>,
    news: watch::Receiver<News>,
    seen: Cursor,
    typed: u64,
    checks: u64,
    _permit: OwnedSemaphorePermit,
}

impl Subscription {
    /// What was heard so far.
    pub fn seen(&self) -> &Cursor {
        &self.seen
    }

    /// The next that happens. May be dropped at any time without losing anything.
    pub async fn next(&mut self, ctx: &Context) -> Heard {
        loop {
            let news = self.news.borrow_and_update().clone();
            if let Some(end) = self.seat.ended() {
                return Heard::Ended(end);
            }
            if news.checks != self.checks {
                let open = still_open(ctx, &[self.seat.session]).await;
                self.checks = news.checks;
                if open.is_ok_and(|open| open.is_empty()) {
                    return Heard::Ended(End::LoggedOut);
                }
            }
            let changed = self.advance(ctx.live(), &news);
            if !changed.is_empty() {
                return Heard::Changed(changed);
            }
            if let Some(typist) = news.typist.filter(|_| news.typed != self.typed) {
                self.typed = news.typed;
                return Heard::Typing(typist);
            }
            if self.news.changed().await.is_err() {
                // Cannot happen: the channel is held here. If it did, the client would come back.
                return Heard::Ended(End::Elsewhere);
            }
        }
    }

    /// Another version is news also if it is a lesser one: then the tables are from a backup.
    fn advance(&mut self, live: &Live, news: &News) -> Vec<&'static str> {
        let known = live.modules.iter().zip(&news.versions).filter(|(_, version)| **version >= 0);
        let mut changed = Vec::new();
        for (spec, version) in known {
            if self.seen.version(spec.name).is_some_and(|seen| seen != *version) {
                self.seen.set(spec.name, *version);
                changed.push(spec.name);
            }
        }
        changed
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut rooms = lock(&self.rooms);
        if self.channel.leave(&self.seat) {
            rooms.remove(&self.member);
        }
    }
}

/// Rereads until the program stops.
pub async fn reread_regularly(ctx: Context) {
    loop {
        tokio::select! {
            () = ctx.stopping().cancelled() => return,
            () = tokio::time::sleep(REREAD_EVERY) => ctx.live().reread(&ctx).await,
        }
    }
}

async fn still_open(ctx: &Context, sessions: &[SessionId]) -> Result<HashSet<SessionId>, Failure> {
    match ctx.registry().sessions() {
        Some(store) if !sessions.is_empty() => Ok(store.open(ctx, sessions).await?.into_iter().collect()),
        _ => Ok(HashSet::new()),
    }
}

/// A poisoned lock holds no worse data than before.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
