//! Long poll: answers as soon as one of the named modules has something new, or when the time is over.
//!
//! Its answer begins at once and ends with the news, so whoever waits costs little. A login that ends meanwhile ends
//! the answer too; that it has ended is told by the next poll.

use std::future::ready;
use std::time::Duration;

use axum::extract::State;
use futures::FutureExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::take_seat::{TOO_MANY, take_seat};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::problem::Problem;
use crate::live::{Cursor, Heard, Kind, Subscription};
use crate::web::admission::Permit;
use crate::web::answer::DeferredJson;
use crate::web::extract::Query;
use crate::web::visitor::Actor;

pub(super) const CURSOR: Problem =
    Problem::field("poll.cursor", "Give `after` as the answer before had it: `alerts:17,chat:220`.");
pub(super) const WAIT: Problem = Problem::field("poll.wait", "Wait for 0 to 25 seconds.");

/// Seconds that a client may ask for.
const WAIT_MAX: u64 = 25;

/// What has been seen, and how long to wait.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// `after` of the answer before: the modules to hear of, each with the version that was seen. Without it
    /// the answer comes at once, with the versions of all.
    #[schemars(regex(pattern = "^(alerts|chat|nav|news):[0-9]{1,9}$"))]
    after: Option<String>,
    /// Seconds; 25 where it is left out.
    #[schemars(range(min = 0, max = WAIT_MAX))]
    wait: Option<u64>,
}

/// What is new.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "News")]
pub(super) struct News {
    /// The versions now: `after` of the next poll. Read the content after you have this, and you miss nothing.
    after: String,
    /// Modules with another version than the one that was seen; none when the time, or the login, was over.
    changed: Vec<&'static str>,
    /// Members who were typing to her just now. Nobody is told twice, and who does not poll misses it.
    typing: Vec<MemberId>,
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    seat: Permit,
    Query(input): Query<Input>,
) -> Result<DeferredJson<News>, Failure> {
    let wait = input.wait.unwrap_or(WAIT_MAX);
    if wait > WAIT_MAX {
        return Err(WAIT.at("wait"));
    }
    let modules = ctx.live().modules();
    let Some(after) = input.after else {
        let names: Vec<&str> = modules.iter().map(|spec| spec.name).collect();
        let after = ctx.live().versions(&ctx, actor.id, names).await?.to_string();
        return Ok(DeferredJson::new(ready(News { after, ..News::default() })));
    };
    let seen = Cursor::parse(&after, modules).ok_or_else(|| CURSOR.at("after"))?;
    let wait = Duration::from_secs(wait.min(ctx.config().poll_seconds_max));
    if wait.is_zero() {
        return Ok(DeferredJson::new(ready(look(&ctx, &actor, &seen).await?)));
    }
    match take_seat(&ctx, &actor, &seat, seen.clone(), (Kind::Poll, wait / 2)).await {
        Ok(subscription) => Ok(DeferredJson::new(hear(ctx, subscription, wait))),
        // One who gets no seat hears all the same of what is new.
        Err(refusal) if refusal.code() == TOO_MANY.code => {
            let news = look(&ctx, &actor, &seen).await?;
            if news.changed.is_empty() { Err(refusal) } else { Ok(DeferredJson::new(ready(news))) }
        }
        Err(failure) => Err(failure),
    }
}

/// What is new already, without a seat.
async fn look(ctx: &Context, actor: &Actor, seen: &Cursor) -> Result<News, Failure> {
    let now = ctx.live().versions(ctx, actor.id, seen.modules()).await?;
    let changed = seen.modules().filter(|module| now.version(module) != seen.version(module)).collect();
    Ok(News { after: now.to_string(), changed, ..News::default() })
}

/// Waits for the first news, and takes what came with it.
async fn hear(ctx: Context, mut subscription: Subscription, wait: Duration) -> News {
    let mut news = News::default();
    let mut heard = tokio::select! {
        biased;
        () = ctx.stopping().cancelled() => None,
        heard = subscription.next(&ctx) => Some(heard),
        () = tokio::time::sleep(wait) => None,
    };
    while let Some(next) = heard {
        if !news.take(next) {
            break;
        }
        heard = subscription.next(&ctx).now_or_never();
    }
    news.after = subscription.seen().to_string();
    news
}

impl News {
    /// Each module and each member once: this node hears its own signals twice, and things happen more than once.
    /// False if nothing more will come.
    fn take(&mut self, heard: Heard) -> bool {
        match heard {
            Heard::Changed(modules) => {
                self.changed.extend(modules);
                self.changed.sort_unstable();
                self.changed.dedup();
            }
            Heard::Typing(member) if self.typing.contains(&member) => {}
            Heard::Typing(member) => self.typing.push(member),
            Heard::Ended(_) => return false,
        }
        true
    }
}
