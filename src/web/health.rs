//! Whether the site lives and is ready, for those who run it, and the numbers that Prometheus collects.
//!
//! None of it is an action: no member asks for it, and it answers while everything else is refused.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::routing::get;
use futures::future::join_all;
use serde::Serialize;
use tokio::sync::Mutex;

use crate::context::Context;
use crate::failure::Failure;
use crate::operate::overview;
use crate::store::Condition;
use crate::store::unit::Unit;
use crate::web::answer::Json;
use crate::web::strict;

/// How long the database may take to say that it is there.
const ANSWER_MAX: Duration = Duration::from_secs(1);
/// How long that is believed, so that asking often costs the database nothing.
const BELIEVED: Duration = Duration::from_secs(1);

/// What was found last, and when. Whoever asks meanwhile waits for the one who looks.
type Last = Arc<Mutex<Option<(Instant, bool)>>>;

#[derive(Serialize)]
struct Report {
    status: &'static str,
    checks: Checks,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checks {
    database: bool,
    /// Only where the program keeps its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    private_postgres: Option<Condition>,
    stopping: bool,
    bus: BusCheck,
}

/// A bus that is away makes nobody unready: effects arrive by the journals, a second later.
#[derive(Serialize)]
struct BusCheck {
    name: &'static str,
    works: bool,
}

/// `/health/live` and `/health/ready`.
#[expect(clippy::disallowed_methods, reason = "health is no action of a module")]
pub fn routes() -> Router<Context> {
    let last = Last::default();
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(move |State(ctx): State<Context>| ready(ctx, last.clone())))
}

/// `/metrics`, for a listener of its own: it is nobody's business but ours.
#[expect(clippy::disallowed_methods, reason = "metrics are no action of a module")]
pub fn metrics_router(ctx: &Context) -> Router {
    Router::new().route("/metrics", get(metrics)).layer(from_fn(strict::refuse)).with_state(ctx.clone())
}

/// Always: a process that cannot say it has to be started anew, a database that is away is no reason.
async fn live() -> &'static str {
    "live\n"
}

async fn ready(ctx: Context, last: Last) -> impl IntoResponse {
    let bus = ctx.bus().report();
    let bus = BusCheck { name: bus.name, works: bus.fault.is_none() };
    let stopping = ctx.leaving().is_cancelled();
    let private_postgres = *ctx.private_postgres().borrow();
    // What was found last may be of a moment before.
    let is_there = private_postgres.is_none_or(|condition| condition == Condition::Runs);
    let database = is_there && database(&ctx, &last).await;
    let checks = Checks { database, private_postgres, stopping, bus };
    let (code, status) = if checks.database && !checks.stopping {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    };
    (code, Json(Report { status, checks }))
}

/// True when every module reaches its tables.
async fn database(ctx: &Context, last: &Last) -> bool {
    let mut last = last.lock().await;
    if let Some((at, found)) = *last
        && at.elapsed() < BELIEVED
    {
        return found;
    }
    let all = join_all(ctx.units().map(|unit| answers(unit)));
    let found = tokio::time::timeout(ANSWER_MAX, all).await.is_ok_and(|each| each.into_iter().all(|yes| yes));
    *last = Some((Instant::now(), found));
    found
}

/// Asked beside the requests: a site that is only busy is ready.
async fn answers(unit: &Unit) -> bool {
    sqlx::query("select 1").execute(&unit.background).await.is_ok()
}

async fn metrics(State(ctx): State<Context>) -> Result<impl IntoResponse, Failure> {
    ctx.metrics().waiting(ctx.live().waiting());
    ctx.metrics().bus(&ctx.bus().report());
    // Without the database the last ones stand.
    let _ = tokio::time::timeout(ANSWER_MAX, overview::measure(&ctx)).await;
    let text = ctx.metrics().text().map_err(Failure::internal)?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}
