//! Takes a seat for a poll. A poll beyond a member's seats waits a little for a free one, and is refused after that.

use std::time::Duration;

use axum::http::StatusCode;

use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::problem::Problem;
use crate::live::{Cursor, Kind, Refused, Subscription};
use crate::web::admission;
use crate::web::visitor::Actor;

pub(super) const TOO_MANY: Problem = Problem::new(
    StatusCode::TOO_MANY_REQUESTS,
    "poll.too-many",
    "Eight polls of a member wait at once, and eight of yours do. End one, or come back after `Retry-After`.",
);
const TOO_MANY_STREAMS: &str = "Four streams of a member are open at once, and yours close each other too often. End \
     one, or come back after `Retry-After`.";

/// How long one too many is held at most.
pub(super) const HELD: Duration = Duration::from_secs(3);

/// Takes a seat. What the request itself took is given back: from now on it waits.
pub(super) async fn take_seat(
    ctx: &Context,
    actor: &Actor,
    request: &admission::Permit,
    seen: Cursor,
    (kind, patience): (Kind, Duration),
) -> Result<Subscription, Failure> {
    let mut taken = ctx.live().subscribe(ctx, actor, seen.clone(), kind).await;
    request.leave();
    if matches!(taken, Err(Refused::TooMany(_))) {
        ctx.live().hold(ctx, patience.min(HELD)).await;
        taken = ctx.live().subscribe(ctx, actor, seen, kind).await;
    }
    taken.map_err(|refused| match refused {
        Refused::Failed(failure) => failure,
        Refused::TooMany(wait) => match kind {
            Kind::Poll => TOO_MANY.failure(),
            Kind::Stream => TOO_MANY.saying(TOO_MANY_STREAMS),
        }
        .retry_after(wait),
    })
}
