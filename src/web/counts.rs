//! The numbers in the navigation of every page, and the memory that keeps a page from counting.
//!
//! What a member sees of a live module has a version ([`crate::shared::versions`]), and the same version has the same
//! numbers, but for blocks, of which no version tells: they are counted beside it. So a request reads versions, a row each, and counts only where one of them is another than the last time.

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use moka::sync::Cache;

use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::module::ModuleSpec;
use crate::live::Cursor;
use crate::shared::versions::{self, State};

/// Numbers that this process remembers, each of a member and a module.
const REMEMBERED_MAX: u64 = 200_000;
const HOUR_SECONDS: i64 = 3600;

/// What waits for a member. What a module does not count is 0.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub conversations: i64,
    pub alerts: i64,
    pub stories: i64,
}

/// What a module has counted, with a version that is not newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub version: i64,
    pub counts: Counts,
}

/// Counts for the navigation: `nav` conversations and alerts, `news` stories.
pub trait Counter: Send + Sync {
    /// The module that counts.
    fn spec(&self) -> &'static ModuleSpec;
    /// Counts what waits for the member now. It reads the version first, or in the same statement.
    fn count<'a>(&'a self, ctx: &'a Context, member: MemberId) -> BoxFuture<'a, Result<Counted, Failure>>;
}

/// All numbers, and the versions that they are of. None where nobody counts.
///
/// # Errors
/// If the database does not answer.
pub async fn counts(ctx: &Context, member: MemberId) -> Result<Option<(Counts, Cursor)>, Failure> {
    let (Some(waiting), Some(stories)) = (ctx.registry().counts(), ctx.registry().stories()) else {
        return Ok(None);
    };
    let memory = ctx.counted();
    let (waits, news) =
        tokio::try_join!(memory.latest(ctx, &*waiting, member), memory.latest(ctx, &*stories, member))?;
    let mut versions = Cursor::default();
    versions.set(waiting.spec().name, waits.version);
    versions.set(stories.spec().name, news.version);
    Ok(Some((Counts { stories: news.counts.stories, ..waits.counts }, versions)))
}

/// What was counted last, by module and member.
pub struct Memory(Cache<(&'static str, MemberId), Kept>);

/// What was counted, in which hour, and after how many blocks of which she was not told.
#[derive(Clone, Copy)]
struct Kept {
    hour: i64,
    unheard: i64,
    counted: Counted,
}

impl Default for Memory {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED_MAX))
    }
}

impl Memory {
    /// The numbers now: those in memory if their version is still the member's, otherwise counted anew.
    async fn latest(
        &self,
        ctx: &Context,
        counter: &dyn Counter,
        member: MemberId,
    ) -> Result<Counted, Failure> {
        let spec = counter.spec();
        let state = versions::state(ctx.pool(spec), spec, member).await?;
        if let Some(last) = self.last(spec, member, ctx.now(), state) {
            return Ok(last);
        }
        let counted = counter.count(ctx, member).await?;
        self.remember(spec, member, (state.unheard, counted), ctx.now());
        Ok(counted)
    }

    /// The numbers of a version that the caller has read: those in memory if they are of it, otherwise counted anew.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn of_version(
        &self,
        ctx: &Context,
        spec: &'static ModuleSpec,
        (member, version): (MemberId, i64),
        count: impl Future<Output = Result<Counts, Failure>>,
    ) -> Result<Counts, Failure> {
        let State { unheard, .. } = versions::state(ctx.pool(spec), spec, member).await?;
        if let Some(last) = self.last(spec, member, ctx.now(), State { version, unheard }) {
            return Ok(last.counts);
        }
        let counts = count.await?;
        self.remember(spec, member, (unheard, Counted { version, counts }), ctx.now());
        Ok(counts)
    }

    /// As if nothing had been counted: between use cases, whose versions begin anew.
    pub fn forget_all(&self) {
        self.0.invalidate_all();
    }

    fn last(&self, spec: &ModuleSpec, member: MemberId, now: DateTime<Utc>, state: State) -> Option<Counted> {
        let Kept { hour: then, unheard, counted } = self.0.get(&(spec.name, member))?;
        (then == hour(now) && State { version: counted.version, unheard } == state).then_some(counted)
    }

    fn remember(
        &self,
        spec: &'static ModuleSpec,
        member: MemberId,
        (unheard, counted): (i64, Counted),
        now: DateTime<Utc>,
    ) {
        self.0.insert((spec.name, member), Kept { hour: hour(now), unheard, counted });
    }
}

/// Ages turn with the day, and a day begins on the hour wherever a member lives: numbers are of one hour.
fn hour(now: DateTime<Utc>) -> i64 {
    now.timestamp().div_euclid(HOUR_SECONDS)
}
