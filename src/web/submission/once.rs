//! The same form sent again has the outcome of the first time: a second press on a slow line, a reload, a form that is
//! sent again after a login.
//!
//! Only where the first one succeeded: what was refused changed nothing, and is simply tried again. The row is written
//! beside the change and not in its transaction. A process that dies between the two forgets the outcome, and the
//! second press is then treated as a first one; a message has a key of its own in `chat` for that case.

use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{query, query_as, query_scalar};

use super::SubmissionId;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::web::answer::{SeeOther, Went};
use crate::web::limits::SPEC;
use crate::web::session::expired_cookie;

/// How long an outcome is remembered.
const KEPT: TimeDelta = TimeDelta::hours(1);
/// After this time a first one without an outcome has died with its process.
const UNDER_WAY_MAX: TimeDelta = TimeDelta::minutes(1);
/// How long a second one waits for the first.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often one takes over from a first one that came to nothing, before another third one does.
const TRIES_MAX: u32 = 5;
/// When to come back if the first one still is not done.
const BUSY_WAIT: Duration = Duration::from_secs(2);

/// Whether a submission is the first of its kind.
enum Begun {
    /// It is, and has to be [`settle`]d.
    First,
    /// It is not: this came of the first.
    Repeat(Response),
}

struct Row {
    at: DateTime<Utc>,
    location: Option<String>,
    notice: Option<String>,
    ends_session: bool,
}

/// What came of the same submission before, once that is known. None where this is the first.
///
/// # Errors
/// 503 while the database is away, or where the first one is under way for longer than anybody should wait.
pub async fn outcome(ctx: &Context, id: SubmissionId) -> Result<Option<Response>, Failure> {
    let looks = PATIENCE.as_millis() / LOOK_EVERY.as_millis();
    for _ in 0..looks {
        match find(ctx, id).await? {
            None => return Ok(None),
            Some(row) if row.location.is_some() => return Ok(Some(row.answer(ctx))),
            Some(row) if row.at < ctx.now() - UNDER_WAY_MAX => return Ok(None),
            Some(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
    Err(Failure::busy(BUSY_WAIT))
}

/// Begins a submission, or waits for the one that has begun already.
///
/// # Errors
/// As of [`outcome`].
async fn begin(ctx: &Context, id: SubmissionId) -> Result<Begun, Failure> {
    for _ in 0..TRIES_MAX {
        if claim(ctx, id).await? {
            return Ok(Begun::First);
        }
        if let Some(answer) = outcome(ctx, id).await? {
            return Ok(Begun::Repeat(answer));
        }
    }
    Err(Failure::busy(BUSY_WAIT))
}

/// Runs `work` unless the same submission has run already.
pub async fn run(ctx: &Context, id: Option<SubmissionId>, work: impl Future<Output = Response>) -> Response {
    let Some(id) = id else { return work.await };
    match begin(ctx, id).await {
        Ok(Begun::First) => {
            let answer = work.await;
            let outcome = Row::of(ctx, &answer);
            settle(ctx, id, outcome).await;
            answer
        }
        Ok(Begun::Repeat(answer)) => answer,
        Err(failure) => failure.into_response(),
    }
}

/// Remembers what came of a first submission, or forgets it where nothing came of it.
async fn settle(ctx: &Context, id: SubmissionId, outcome: Option<Row>) {
    let written = match outcome {
        Some(row) => remember(ctx, id, &row).await,
        None => forget(ctx, id).await,
    };
    if let Err(fault) = written {
        // The change itself is committed. A second press is then treated as a first one.
        tracing::warn!(%fault, "the outcome of a form was not kept");
    }
}

impl Row {
    /// None for a refusal, and for an answer that gives a secret away: logging in twice is logging in twice.
    fn of(ctx: &Context, answer: &Response) -> Option<Self> {
        let went = answer.extensions().get::<Went>().filter(|_| answer.status() == StatusCode::SEE_OTHER)?;
        let expired = expired_cookie(ctx.config());
        let (location, notice) = (Some(went.to.clone()), went.notice.clone());
        let mut cookies = answer.headers().get_all(header::SET_COOKIE).iter();
        let ends_session = answer.headers().contains_key(header::SET_COOKIE);
        cookies.all(|cookie| *cookie == expired).then(|| Self {
            at: ctx.now(),
            location,
            notice,
            ends_session,
        })
    }

    fn answer(self, ctx: &Context) -> Response {
        let mut done = SeeOther::to(self.location.unwrap_or_default());
        if let Some(notice) = self.notice {
            done = done.saying(notice);
        }
        let mut answer = done.into_response();
        if self.ends_session {
            answer.headers_mut().append(header::SET_COOKIE, expired_cookie(ctx.config()));
        }
        answer
    }
}

async fn find(ctx: &Context, id: SubmissionId) -> Result<Option<Row>, Failure> {
    let row = query_as!(
        Row,
        "select at, location, notice, ends_session from limits.submission where id = $1 and at > $2",
        id.bytes(),
        ctx.now() - KEPT
    );
    row.fetch_optional(ctx.pool(&SPEC)).await.map_err(away)
}

/// False where the same is under way, or done.
async fn claim(ctx: &Context, id: SubmissionId) -> Result<bool, Failure> {
    let now = ctx.now();
    let claimed = query_scalar!(
        // The setting holds for this statement's own transaction.
        r#"with relaxed as materialized (select set_config('synchronous_commit', 'off', true) as setting)
           insert into limits.submission as kept (id, at) select $1, $2 from relaxed where setting = 'off'
           on conflict (id) do update set at = excluded.at, location = null, notice = null, ends_session = false
           where kept.at <= $3 or (kept.location is null and kept.at < $4)
           returning true as "claimed!""#,
        id.bytes(),
        now,
        now - KEPT,
        now - UNDER_WAY_MAX
    );
    Ok(claimed.fetch_optional(ctx.pool(&SPEC)).await.map_err(away)?.is_some())
}

async fn remember(ctx: &Context, id: SubmissionId, row: &Row) -> Result<(), sqlx::Error> {
    query!(
        "with relaxed as materialized (select set_config('synchronous_commit', 'off', true) as setting)
         update limits.submission set location = $2, notice = $3, ends_session = $4
         from relaxed where id = $1 and setting = 'off'",
        id.bytes(),
        row.location,
        row.notice,
        row.ends_session
    )
    .execute(ctx.pool(&SPEC))
    .await
    .map(|_| ())
}

async fn forget(ctx: &Context, id: SubmissionId) -> Result<(), sqlx::Error> {
    query!("delete from limits.submission where id = $1 and location is null", id.bytes())
        .execute(ctx.pool(&SPEC))
        .await
        .map(|_| ())
}

/// Removes up to `most` outcomes that nobody asks for any more. Says how many.
///
/// # Errors
/// What the database says.
pub async fn sweep(ctx: &Context, most: i64) -> Result<u64, sqlx::Error> {
    let done = query!(
        "delete from limits.submission where id in (
             select id from limits.submission where at <= $1 order by at limit $2 for update skip locked)",
        ctx.now() - KEPT,
        most
    )
    .execute(&ctx.unit(&SPEC).background)
    .await?;
    Ok(done.rows_affected())
}

fn away(error: sqlx::Error) -> Failure {
    Failure::busy(BUSY_WAIT).because(error)
}
