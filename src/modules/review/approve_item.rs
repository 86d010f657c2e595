//! Approve what waits: a registered member becomes a full one, a presentation or a photo becomes public.

use axum::extract::State;
use sqlx::query_scalar;

use super::SPEC;
use super::contract::{ItemId, PhotoApproved, PresentationApproved};
use super::waiting::{Asks, OTHER_KIND, Waiting, first};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::people::DecidedBy;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::visitor::Actor;

/// Returns what was approved, as the reviewer is told.
async fn run(ctx: &Context, by: DecidedBy, item: ItemId) -> Result<String, Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let Waiting { member, nickname, asks } = Waiting::find(&mut tx, item, by).await?;
    let (applied, notice) = match asks {
        Asks::Registration(approved) => (tx.emit(*approved).await?, format!("{nickname} is a member now.")),
        Asks::Presentation(text) => (
            tx.emit(PresentationApproved { member, text, by }).await?,
            format!("The presentation of {nickname} is public now."),
        ),
        Asks::Photo { photo, alt } => (
            tx.emit(PhotoApproved { member, photo, alt, by }).await?,
            format!("The photo of {nickname} is approved."),
        ),
        Asks::Report(_) => return Err(OTHER_KIND.failure()),
    };
    first(applied)?;
    tx.commit().await?;
    Ok(notice)
}

/// Approves whoever waits under this id, for the operator. False when nobody does.
///
/// # Errors
/// If the database does not answer.
pub async fn waiting_member(ctx: &Context, member: MemberId) -> Result<bool, Failure> {
    let item = query_scalar!(
        "select item from review.item where member = $1 and kind = 'registration' and decision is null",
        member.uuid()
    );
    match item.fetch_optional(ctx.pool(&SPEC)).await? {
        None => Ok(false),
        Some(item) => run(ctx, DecidedBy::OPERATOR, ItemId::of(item)).await.map(|_| true),
    }
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(item): Path<ItemId>,
) -> Result<NoContent, Failure> {
    run(&ctx, DecidedBy::Member(actor.id), item).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(item): Path<ItemId>,
) -> Result<SeeOther, Failure> {
    let notice = run(&ctx, DecidedBy::Member(actor.id), item).await?;
    Ok(SeeOther::to("/review").saying(notice))
}
