//! Where a member is logged in, last used first.

use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query_as;

use super::{SPEC, session_store};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{SessionId, TypedId};
use crate::shared::paging::{Cursor, Listing, PageQuery};
use crate::web::answer::Json;
use crate::web::extract::Query;
use crate::web::visitor::Actor;

/// One login.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Login {
    pub session: SessionId,
    /// What the browser says it is.
    pub device: String,
    pub started: DateTime<Utc>,
    /// To about a minute.
    pub used: DateTime<Utc>,
    /// True for the one that asks.
    pub current: bool,
}

pub(super) async fn run(ctx: &Context, actor: &Actor, query: &PageQuery) -> Result<Listing<Login>, Failure> {
    let paging = query.parse()?;
    let (started, used) = session_store::alive_since(ctx);
    let rows = query_as!(
        Login,
        r#"select session as "session: SessionId", device, started, used, session = $2 as "current!"
           from register.session
           where member = $1 and started > $3 and used > $4 and (used, session) < ($5, $6)
           order by used desc, session desc limit $7"#,
        actor.id.uuid(),
        actor.session.uuid(),
        started,
        used,
        paging.from.at,
        paging.from.id,
        paging.fetch()
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    Ok(Listing::of(rows, paging, |login| Cursor::new(login.used, login.session)))
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(query): Query<PageQuery>,
) -> Result<Json<Listing<Login>>, Failure> {
    Ok(Json(run(&ctx, &actor, &query).await?))
}
