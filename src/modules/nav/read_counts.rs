//! The numbers, for every page and for programs, with the version that they are of. Those of stories are `news`'s own.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::module::ModuleSpec;
use crate::web::answer::{Json, Page};
use crate::web::counts::{self, Counted, Counter, Counts};
use crate::web::layout::{Layout, wants_part};
use crate::web::visitor::Actor;

/// Nobody needs to know more exactly than "100 or more".
const COUNT_MAX: i64 = 100;

/// What waits for a member.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Waiting")]
pub(super) struct Waiting {
    /// Conversations with something unread; at most 100.
    conversations: i64,
    /// Alerts that she has not seen; at most 100.
    alerts: i64,
    /// Stories in her news that she has not seen; at most 100. They change with the versions of `news`.
    stories: i64,
}

/// For the shell of every page.
pub(super) struct Reader;

impl Counter for Reader {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn count<'a>(&'a self, ctx: &'a Context, member: MemberId) -> BoxFuture<'a, Result<Counted, Failure>> {
        run(ctx, member).boxed()
    }
}

/// One statement, so that the numbers are those of the version.
async fn run(ctx: &Context, member: MemberId) -> Result<Counted, Failure> {
    let row = query!(
        r#"select
               coalesce((select version from nav.version where member = $1), 0) as "version!",
               (select count(*) from (
                   select from nav.thread t
                   where t.member = $1 and t.newest > t.read_to
                     and exists (select from nav.card c where c.member = t.other)
                     -- Who was blocked must not notice: her old thread counts as before.
                     and not exists (select from nav.blocked_pair p
                                     where p.viewer = $1 and p.other = t.other and p.blocker = $1)
                   limit $2) as unread) as "conversations!",
               (select count(*) from (
                   select from nav.alert a
                   where a.member = $1
                     and (a.actor is null or exists (select from nav.card c where c.member = a.actor))
                     and not exists (select from nav.blocked_pair p where p.viewer = $1 and p.other = a.actor)
                   limit $2) as unseen) as "alerts!""#,
        member.uuid(),
        COUNT_MAX
    )
    .fetch_one(ctx.pool(&SPEC))
    .await?;
    let counts = Counts { conversations: row.conversations, alerts: row.alerts, ..Counts::default() };
    Ok(Counted { version: row.version, counts })
}

pub(super) async fn json(State(ctx): State<Context>, actor: Actor) -> Result<Json<Waiting>, Failure> {
    let (counts, _) = counts::counts(&ctx, actor.id).await?.ok_or_else(Failure::not_found)?;
    let Counts { conversations, alerts, stories } = counts;
    Ok(Json(Waiting { conversations, alerts, stories }))
}

/// What waits, for who has no script to change it in place.
#[derive(Template)]
#[template(path = "nav/waiting.html")]
pub(super) struct WaitingPage {
    shell: Layout,
}

/// The numbers alone.
#[derive(Template)]
#[template(path = "nav/counts.html")]
pub(super) struct CountsPart {
    shell: Layout,
}

pub(super) async fn page(_: Actor, shell: Layout, headers: HeaderMap) -> Response {
    if wants_part(&headers) {
        return Page::new(CountsPart { shell }).into_response();
    }
    Page::new(WaitingPage { shell: shell.titled("What waits for you") }).into_response()
}
