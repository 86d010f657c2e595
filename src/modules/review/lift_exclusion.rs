//! Let an excluded member come back. Admins do, and the operator: what reviewers decide is not theirs to undo.

use axum::extract::State;
use sqlx::query_scalar;

use super::SPEC;
use super::contract::ExclusionLifted;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::people::DecidedBy;
use crate::web::answer::NoContent;
use crate::web::extract::Path;
use crate::web::visitor::Actor;

/// Lets a member come back. False where she is not excluded.
///
/// # Errors
/// If the database does not answer.
pub async fn run(ctx: &Context, by: DecidedBy, member: MemberId) -> Result<bool, Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let last = query_scalar!(
        "select kind from review.measure where member = $1 and kind in ('excluded', 'lifted')
         order by at desc, measure desc limit 1 for update",
        member.uuid()
    );
    if last.fetch_optional(tx.conn()).await?.as_deref() != Some("excluded") {
        return Ok(false);
    }
    let _ = tx.emit(ExclusionLifted { member, by }).await?;
    tx.commit().await?;
    Ok(true)
}

/// 404 for a member who is not excluded.
pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(member): Path<MemberId>,
) -> Result<NoContent, Failure> {
    if run(&ctx, DecidedBy::Member(actor.id), member).await? {
        Ok(NoContent)
    } else {
        Err(Failure::not_found())
    }
}
