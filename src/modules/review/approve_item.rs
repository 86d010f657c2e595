//! Approve an application: a registered member becomes a full one.

use axum::extract::State;
use sqlx::query_scalar;

use super::SPEC;
use super::contract::{ItemId, RegistrationApproved};
use super::item;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::people::DecidedBy;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::visitor::Actor;

/// Returns the nickname of the new member.
async fn run(ctx: &Context, by: DecidedBy, item: ItemId) -> Result<String, Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let application = item::waiting(&mut tx, item).await?;
    let nickname = application.nickname.clone();
    let applied = tx
        .emit(RegistrationApproved {
            member: application.member,
            ideal: application.ideal(),
            nickname: application.nickname,
            gender: application.gender,
            birthday: application.birthday,
            place: application.place,
            by,
        })
        .await?;
    if !applied.changed() {
        return Err(item::DECIDED.failure());
    }
    tx.commit().await?;
    Ok(nickname)
}

/// Approves whoever waits under this id, for the operator. False when nobody does.
///
/// # Errors
/// If the database does not answer.
pub async fn waiting_member(ctx: &Context, member: MemberId) -> Result<bool, Failure> {
    let item =
        query_scalar!("select item from review.item where member = $1 and decision is null", member.uuid());
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
    let nickname = run(&ctx, DecidedBy::Member(actor.id), item).await?;
    Ok(SeeOther::to("/review").saying(format!("{nickname} is a member now.")))
}
