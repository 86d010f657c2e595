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

use super::overview;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::store::module_runtime::ModuleRuntime;
use crate::store::{Condition, takes_writes};
use crate::web::answer::Json;
use crate::web::strict;

/// How long the database may take to say that it is there.
const ANSWER_MAX: Duration = Duration::from_secs(1);
/// How long that is believed, so that asking often costs the database nothing.
const BELIEVED: Duration = Duration::from_secs(1);

/// What was found last, and when. Requests meanwhile wait for the one that looks.
type Last = Arc<Mutex<Option<(Instant, Found)>>>;

/// What every module's database says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Away,
    /// A standby, or read-only for a while: nobody is served what she does.
    ReadOnly,
    Well,
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    checks: Checks,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checks {
    database: bool,
    /// It takes what members do.
    writes: bool,
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
    let found = if is_there { database(&ctx, &last).await } else { Found::Away };
    let (database, writes) = (found != Found::Away, found == Found::Well);
    let checks = Checks { database, writes, private_postgres, stopping, bus };
    let (code, status) = if checks.writes && !checks.stopping {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    };
    (code, Json(Report { status, checks }))
}

/// What the worst of the modules' databases says.
async fn database(ctx: &Context, last: &Last) -> Found {
    let mut last = last.lock().await;
    if let Some((at, found)) = *last
        && at.elapsed() < BELIEVED
    {
        return found;
    }
    let all = join_all(ctx.units().map(|unit| answers(unit)));
    let each = tokio::time::timeout(ANSWER_MAX, all).await;
    let found = each.ok().and_then(|each| each.into_iter().min()).unwrap_or(Found::Away);
    *last = Some((Instant::now(), found));
    found
}

/// Asked beside the requests: a site that is only busy is ready.
async fn answers(unit: &ModuleRuntime) -> Found {
    match takes_writes(&unit.background).await {
        Ok(true) => Found::Well,
        Ok(false) => Found::ReadOnly,
        Err(_) => Found::Away,
    }
}

async fn metrics(State(ctx): State<Context>) -> Result<impl IntoResponse, Failure> {
    ctx.metrics().waiting(ctx.live().waiting());
    ctx.metrics().bus(&ctx.bus().report());
    // Without the database the last ones stand.
    let _ = tokio::time::timeout(ANSWER_MAX, overview::measure(&ctx)).await;
    let text = ctx.metrics().text().map_err(Failure::internal)?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}
