//! How many members one may write to for the first time in a day. Writing to whom one knows is free.
//!
//! Nothing is counted: a conversation knows who opened it, and when.

use std::time::Duration;

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{PgConnection, query, query_scalar};

use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::kernel::tx::Tx;
use crate::web::limits::in_words;

/// New conversations of one member in [`DAY`]. A bot once wrote to every member of a site.
const FIRST_MAX: u32 = 20;
const DAY: TimeDelta = TimeDelta::days(1);

pub(super) const TOO_MANY: Problem = Problem::new(
    StatusCode::TOO_MANY_REQUESTS,
    "chat.first-messages",
    "You have written to as many new people as one may in a day. Answers to people you know are always free.",
);

/// What is left of today's first messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FirstMessages {
    /// Members whom she can still write to for the first time.
    pub(super) left: u32,
    /// When it will be one more; left out while none is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resets_at: Option<DateTime<Utc>>,
}

impl FirstMessages {
    /// What is left to a member.
    pub(super) async fn of(db: &mut PgConnection, ctx: &Context, member: MemberId) -> Result<Self, Failure> {
        let most = FIRST_MAX.saturating_mul(ctx.config().limits_factor);
        let opened = query_scalar!(
            "select opened from chat.conversation where opener = $1 and opened > $2
             order by opened desc limit $3",
            member.uuid(),
            ctx.now() - DAY,
            i64::from(most)
        )
        .fetch_all(db)
        .await?;
        let used = u32::try_from(opened.len()).unwrap_or(most);
        Ok(Self { left: most.saturating_sub(used), resets_at: opened.last().map(|first| *first + DAY) })
    }

    /// Takes one, in the transaction that opens the conversation: two devices at once cannot take the last twice.
    pub(super) async fn take(tx: &mut Tx, ctx: &Context, member: MemberId) -> Result<Self, Failure> {
        query!(
            "select from pg_advisory_xact_lock(hashtextextended('first' || $1::uuid::text, 0))",
            member.uuid()
        )
        .execute(tx.conn())
        .await?;
        let now = tx.now();
        let Self { left, resets_at } = Self::of(tx.conn(), ctx, member).await?;
        match left.checked_sub(1) {
            Some(left) => Ok(Self { left, resets_at: resets_at.or(Some(now + DAY)) }),
            None => Err(refusal(resets_at.unwrap_or(now), now)),
        }
    }
}

impl FirstMessages {
    /// What the form says of it.
    pub(super) fn sentence(&self, now: DateTime<Utc>) -> String {
        match self.left {
            0 => format!(
                "You have written to as many new people as one may in a day. You can go on in {}.",
                in_words(wait(self.resets_at.unwrap_or(now), now))
            ),
            1 => "You can write to one more new person today.".to_owned(),
            left => format!("You can write to {left} new people today."),
        }
    }
}

fn refusal(resets_at: DateTime<Utc>, now: DateTime<Utc>) -> Failure {
    let wait = wait(resets_at, now);
    let detail = format!(
        "You have written to {FIRST_MAX} new people today, which is all for a day. You can write to the next one in \
         {}. Answers to people you know are always free.",
        in_words(wait)
    );
    TOO_MANY.saying(detail).retry_after(wait)
}

fn wait(until: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (until - now).to_std().unwrap_or_default().max(Duration::from_secs(1))
}
