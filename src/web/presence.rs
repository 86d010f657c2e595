//! Who is here now, in memory: the dot on every card. The module `online` keeps the truth.
//!
//! Asking costs no query. Signals make it quick, and nothing depends on them: every 15 s it is read
//! anew. Who hides is shown to nobody, and is shown nobody.

use std::collections::{HashMap, HashSet};
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;

use super::visitor::{Actor, State};
use crate::bus::Signal;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;

/// A member who did something since then is online.
pub const ONLINE: TimeDelta = TimeDelta::minutes(5);
/// That she is here is written down this often at most.
pub const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);
/// How late a lost signal makes anything.
const REFRESH_EVERY: Duration = Duration::from_secs(15);
/// Members of whom this process remembers that they are here. More show no dot.
const HERE_MAX: usize = 200_000;

/// Keeps who was here: the module `online` does.
pub trait PresenceStore: Send + Sync {
    /// Writes down that she is here now, unless that was done within [`SEEN_EVERY`], or she hides.
    fn note<'a>(&'a self, ctx: &'a Context, actor: &'a Actor) -> BoxFuture<'a, Result<(), Failure>>;
    /// Who was here since then, and who hides; of the first at most `max`.
    fn read<'a>(
        &'a self,
        ctx: &'a Context,
        since: DateTime<Utc>,
        max: usize,
    ) -> BoxFuture<'a, Result<Here, Failure>>;
}

/// Who was seen when, and who hides.
#[derive(Debug, Default, Clone)]
pub struct Here {
    pub seen: HashMap<MemberId, DateTime<Utc>>,
    pub hidden: HashSet<MemberId>,
}

/// When each member was last here, as far as this node knows.
#[derive(Default)]
pub struct Presence {
    here: RwLock<Here>,
    /// When this node last asked for each to be written down.
    noted: RwLock<HashMap<MemberId, DateTime<Utc>>>,
}

impl Presence {
    /// Whether `viewer` is shown that `member` is online.
    pub fn shows(&self, viewer: MemberId, member: MemberId, now: DateTime<Utc>) -> bool {
        let here = read(&self.here);
        let online = here.seen.get(&member).is_some_and(|at| now - *at < ONLINE);
        online && !here.hidden.contains(&member) && !here.hidden.contains(&viewer)
    }

    /// Whether she hides.
    pub fn hides(&self, member: MemberId) -> bool {
        read(&self.here).hidden.contains(&member)
    }

    /// She did something: written down after the answer, once a minute.
    pub fn note(&self, ctx: &Context, actor: &Actor) {
        let (now, member) = (ctx.now(), actor.id);
        if actor.state != State::Approved || self.hides(member) || !self.is_due(member, now) {
            return;
        }
        let Some(store) = ctx.registry().presence() else { return };
        let (own, actor) = (ctx.clone(), actor.clone());
        ctx.spawn_afterwards(async move {
            if let Err(failure) = store.note(&own, &actor).await {
                tracing::warn!(%failure, "that a member is here was not written down");
            }
        });
    }

    fn is_due(&self, member: MemberId, now: DateTime<Utc>) -> bool {
        let recent = |at: &DateTime<Utc>| now - *at < SEEN_EVERY && *at <= now;
        if read(&self.noted).get(&member).is_some_and(recent) {
            return false;
        }
        let mut noted = write(&self.noted);
        if noted.len() >= HERE_MAX {
            noted.retain(|_, at| recent(at));
        }
        noted.insert(member, now);
        true
    }

    /// Takes in a signal.
    pub fn hear(&self, signal: &Signal) {
        match signal {
            Signal::Seen { member, at } => {
                let mut here = write(&self.here);
                if here.seen.len() < HERE_MAX || here.seen.contains_key(member) {
                    here.seen.insert(*member, *at);
                }
            }
            Signal::Hidden { member, hidden: true } => drop(write(&self.here).hidden.insert(*member)),
            Signal::Hidden { member, hidden: false } => {
                write(&self.here).hidden.remove(member);
                // What she does next shows her again, at once.
                write(&self.noted).remove(member);
            }
            _ => {}
        }
    }

    /// Reads it anew. What fails is read again the next time.
    pub async fn refresh(&self, ctx: &Context) {
        let Some(store) = ctx.registry().presence() else { return };
        match store.read(ctx, ctx.now() - ONLINE, HERE_MAX).await {
            Ok(here) => *write(&self.here) = here,
            Err(failure) => tracing::warn!(%failure, "who is here was not read"),
        }
    }

    /// As if nobody had ever been here: between use cases.
    pub fn forget_all(&self) {
        *write(&self.here) = Here::default();
        write(&self.noted).clear();
    }
}

/// Refreshes until the program stops.
pub async fn refresh_regularly(ctx: Context) {
    loop {
        ctx.presence().refresh(&ctx).await;
        tokio::select! {
            () = ctx.stopping().cancelled() => return,
            () = tokio::time::sleep(REFRESH_EVERY) => {}
        }
    }
}

/// A poisoned lock holds no worse data than before.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}
