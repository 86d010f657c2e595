//! The event stream of a page: which modules have news, who is typing, and when it is over.
//!
//! Its events carry the cursor as their id, so a browser that comes back says where it was. It ends by itself after
//! a while, without a word: whoever still wants it comes back.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use futures::stream::unfold;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::poll_news::CURSOR;
use super::take_seat::{HELD, take_seat};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::live::{Cursor, End, Heard, Kind, Subscription};
use crate::web::admission::Permit;
use crate::web::extract::Query;
use crate::web::visitor::Actor;

/// Proxies close what is silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// Seconds after which a stream ends: no two ends at once, and no login is kept open by a forgotten tab.
const AGE_SECONDS: std::ops::Range<u64> = 600..1800;
/// Milliseconds after which a browser comes back when the connection breaks.
const RETRY_MS: std::ops::Range<u64> = 1000..4000;
/// The same when the program stops: everybody comes back, so they had better spread, and nobody before it has closed
/// its door.
const RETRY_STOPPED_MS: std::ops::Range<u64> = 1000..8000;
/// Keeps a proxy from collecting the events.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// What the page shows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    after: String,
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    seat: Permit,
    Query(input): Query<Input>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let modules = ctx.live().modules();
    let last = headers.get(LAST_EVENT).and_then(|value| value.to_str().ok());
    // A browser that comes back asks for the page's cursor, and says beside it how much further it is.
    let seen = last.and_then(|text| Cursor::parse(text, modules));
    let seen = seen.or_else(|| Cursor::parse(&input.after, modules)).ok_or_else(|| CURSOR.at("after"))?;
    let subscription = take_seat(&ctx, &actor, &seat, seen, (Kind::Stream, HELD)).await?;
    let ends = Instant::now() + Duration::from_secs(rand::random_range(AGE_SECONDS));
    let stream = Stream { ctx, subscription, ends, begun: false, over: false };
    let body = Body::from_stream(unfold(stream, |mut stream| async {
        let text = stream.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), stream))
    }));
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], [UNBUFFERED], body).into_response())
}

struct Stream {
    ctx: Context,
    subscription: Subscription,
    ends: Instant,
    begun: bool,
    over: bool,
}

impl Stream {
    /// The next words, or none when it is over.
    async fn next(&mut self) -> Option<String> {
        if self.over {
            return None;
        }
        if !self.begun {
            self.begun = true;
            return Some(format!("retry: {}\n\n", rand::random_range(RETRY_MS)));
        }
        let beat = Instant::now() + HEARTBEAT;
        tokio::select! {
            biased;
            () = self.ctx.leaving().cancelled() => {
                self.over = true;
                Some(format!("retry: {}\n\n", rand::random_range(RETRY_STOPPED_MS)))
            }
            heard = self.subscription.next(&self.ctx) => Some(self.tell(&heard)),
            () = sleep_until(beat.min(self.ends)) => (Instant::now() < self.ends).then(|| ":\n\n".to_owned()),
        }
    }

    fn tell(&mut self, heard: &Heard) -> String {
        match heard {
            Heard::Changed(modules) => {
                let data = json!({ "changed": modules });
                format!("event: changed\nid: {}\ndata: {data}\n\n", self.subscription.seen())
            }
            Heard::Typing(member) => format!("event: typing\ndata: {}\n\n", json!({ "member": member })),
            Heard::Ended(end) => {
                self.over = true;
                let why = match end {
                    End::LoggedOut => "logged-out",
                    End::Elsewhere => "elsewhere",
                };
                format!("event: end\ndata: {}\n\n", json!({ "why": why }))
            }
        }
    }
}
