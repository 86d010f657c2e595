//! Suspend a member: she is logged out everywhere and cannot log in until she is readmitted. Admins do, and the operator.

use axum::extract::State;
use sqlx::query_scalar;

use super::contract::{MemberReadmitted, MemberSuspended};
use super::{SPEC, session_store};
use crate::kernel::context::Context;
use crate::kernel::event::Applied;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::kernel::tx::Tx;
use crate::shared::people::DecidedBy;
use crate::web::answer::NoContent;
use crate::web::extract::Path;
use crate::web::security_log::{self, About};
use crate::web::visitor::Actor;

/// Another admin can do that: so there always is one.
pub(super) const OWN_SUSPENSION: Problem =
    Problem::conflict("register.own-suspension", "You cannot suspend yourself.");

/// What happens to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Suspend,
    Readmit,
}

/// Suspends or readmits; the same again changes nothing.
///
/// # Errors
/// 404 if nobody has the id.
pub async fn run(
    ctx: &Context,
    by: DecidedBy,
    member: MemberId,
    verdict: Verdict,
) -> Result<Applied, Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    lock(&mut tx, member).await?;
    let applied = match verdict {
        Verdict::Suspend => {
            session_store::end(&mut tx, member, None, None).await?;
            tx.emit(MemberSuspended { member, by }).await?
        }
        Verdict::Readmit => tx.emit(MemberReadmitted { member, by }).await?,
    };
    tx.commit().await?;
    let happened = if verdict == Verdict::Suspend { "suspended" } else { "readmitted" };
    security_log::note(ctx, happened, About { member: Some(member), by: Some(by), from: None }).await;
    Ok(applied)
}

/// A login that is under way holds her account: it comes before this, and is ended, or after it, and is refused.
async fn lock(tx: &mut Tx, member: MemberId) -> Result<(), Failure> {
    query_scalar!("select member from register.account where member = $1 for update", member.uuid())
        .fetch_optional(tx.conn())
        .await?;
    query_scalar!("select member from register.member where member = $1", member.uuid())
        .fetch_optional(tx.conn())
        .await?
        .map(|_| ())
        .ok_or_else(Failure::not_found)
}

pub(super) async fn suspend_json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(member): Path<MemberId>,
) -> Result<NoContent, Failure> {
    if actor.id == member {
        return Err(OWN_SUSPENSION.failure());
    }
    let _ = run(&ctx, DecidedBy::Member(actor.id), member, Verdict::Suspend).await?;
    Ok(NoContent)
}

pub(super) async fn readmit_json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(member): Path<MemberId>,
) -> Result<NoContent, Failure> {
    let _ = run(&ctx, DecidedBy::Member(actor.id), member, Verdict::Readmit).await?;
    Ok(NoContent)
}

/// Ends every login of a member, and lets her log in again: where somebody else has her device, say.
pub(super) async fn end_sessions_json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(member): Path<MemberId>,
) -> Result<NoContent, Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    lock(&mut tx, member).await?;
    session_store::end(&mut tx, member, None, None).await?;
    tx.commit().await?;
    let about = About { member: Some(member), by: Some(DecidedBy::Member(actor.id)), from: None };
    security_log::note(&ctx, "logins-ended", about).await;
    Ok(NoContent)
}
