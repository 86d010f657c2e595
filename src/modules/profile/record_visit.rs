//! A visit, recorded after the answer: a GET never writes, and the reader does not wait for it.

use axum::http::{HeaderMap, Method};

use super::SPEC;
use super::contract::ProfileVisited;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::shared::cards;
use crate::web::session::is_prefetch;

/// How the profile was asked for.
pub(super) struct Look<'a> {
    pub method: &'a Method,
    pub headers: &'a HeaderMap,
}

/// Records a visit, unless it is her own profile or nobody really looked.
pub(super) fn after(ctx: &Context, visitor: MemberId, member: MemberId, look: &Look<'_>) {
    if visitor == member || is_prefetch(look.method, look.headers) {
        return;
    }
    let own = ctx.clone();
    ctx.spawn_afterwards(async move {
        if let Err(failure) = run(&own, visitor, member).await {
            tracing::warn!(%failure, "a visit was not recorded");
        }
    });
}

async fn run(ctx: &Context, visitor: MemberId, member: MemberId) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    cards::visible_to(tx.conn(), &SPEC, visitor, member).await?;
    let _ = tx.emit(ProfileVisited { visitor, member }).await?;
    tx.commit().await
}
