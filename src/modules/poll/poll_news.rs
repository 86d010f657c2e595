//! Long poll: answers as soon as one of the named modules has something new, or when the time is over.

use std::time::Duration;

use axum::extract::State;
use futures::FutureExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::failure::Failure;
use crate::id::MemberId;
use crate::problem::Problem;
use crate::web::admission::Seat;
use crate::web::answer::Json;
use crate::web::extract::Query;
use crate::web::live::{Cursor, End, Heard, Subscription};
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
    #[schemars(regex(pattern = "^(alerts|chat|nav):[0-9]{1,9}$"))]
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
    /// Modules with another version than the one that was seen; none when the time was over.
    changed: Vec<&'static str>,
    /// Members who were typing to her just now. Nobody is told twice, and who does not poll misses it.
    typing: Vec<MemberId>,
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    seat: Seat,
    Query(input): Query<Input>,
) -> Result<Json<News>, Failure> {
    let wait = input.wait.unwrap_or(WAIT_MAX);
    if wait > WAIT_MAX {
        return Err(WAIT.at("wait"));
    }
    let modules = ctx.live().modules();
    let Some(after) = input.after else {
        let names: Vec<&str> = modules.iter().map(|spec| spec.name).collect();
        let now = ctx.live().versions(&ctx, actor.id, names).await?;
        return Ok(Json(News { after: now.to_string(), ..News::default() }));
    };
    let seen = Cursor::parse(&after, modules).ok_or_else(|| CURSOR.at("after"))?;
    let mut subscription = ctx.live().subscribe(&ctx, &actor, seen).await?;
    seat.leave();
    let wait = Duration::from_secs(wait.min(ctx.config().poll_seconds_max));
    let mut news = News::default();
    let heard = tokio::select! {
        biased;
        () = ctx.stopping().cancelled() => None,
        heard = subscription.next(&ctx) => Some(heard),
        () = tokio::time::sleep(wait) => None,
    };
    news.take(heard)?;
    news.take_the_rest(&mut subscription, &ctx)?;
    news.after = subscription.seen().to_string();
    Ok(Json(news))
}

impl News {
    /// Each module and each member once: this node hears its own signals twice, and things happen more than once.
    fn take(&mut self, heard: Option<Heard>) -> Result<(), Failure> {
        match heard {
            Some(Heard::Changed(modules)) => {
                self.changed.extend(modules);
                self.changed.sort_unstable();
                self.changed.dedup();
            }
            Some(Heard::Typing(member)) if self.typing.contains(&member) => {}
            Some(Heard::Typing(member)) => self.typing.push(member),
            Some(Heard::Ended(End::LoggedOut)) => return Err(Failure::unauthenticated()),
            // She has newer ones: this one is answered as if its time were over.
            Some(Heard::Ended(End::Elsewhere)) | None => {}
        }
        Ok(())
    }

    /// What is there already needs no second round.
    fn take_the_rest(&mut self, subscription: &mut Subscription, ctx: &Context) -> Result<(), Failure> {
        while let Some(heard) = subscription.next(ctx).now_or_never() {
            if heard == Heard::Ended(End::Elsewhere) {
                break;
            }
            self.take(Some(heard))?;
        }
        Ok(())
    }
}
