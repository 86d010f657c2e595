//! A reviewer dismisses a report, and all others of the same thing, because it breaks no rule. Each reporter reads why.

use axum::extract::State;
use axum::response::Response;

use super::SPEC;
use super::contract::{ItemId, ReportDismissed};
use super::read_queue::QueuePage;
use super::reject_item::{Input, REASON};
use super::waiting::{Asks, OTHER_KIND, Waiting, first};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::shared::people::DecidedBy;
use crate::web::answer::{Json, NoContent};
use crate::web::extract::{Form, Path};
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

async fn run(ctx: &Context, actor: &Actor, item: ItemId, input: &Input) -> Result<String, Failure> {
    let reason = REASON.parse("reason", &input.reason)?.into_inner();
    let by = DecidedBy::Member(actor.id);
    let mut tx = ctx.begin(&SPEC).await?;
    let Waiting { member, asks, .. } = Waiting::find(&mut tx, item, by).await?;
    let Asks::Report(reported) = asks else { return Err(OTHER_KIND.failure()) };
    let (_, photo, _) = reported.about.columns();
    for (report, reporter) in reported.all_alike(&mut tx, member).await? {
        let reason = reason.clone();
        first(tx.emit(ReportDismissed { report, reporter, member, photo, reason, by }).await?)?;
    }
    tx.commit().await?;
    Ok("Whoever reported this reads your reason.".to_owned())
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(item): Path<ItemId>,
    Json(input): Json<Input>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, item, &input).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Path(item): Path<ItemId>,
    Form { input, state }: Form<Input>,
) -> Result<Response, Failure> {
    let outcome = run(&ctx, &actor, item, &input).await;
    QueuePage::after(&ctx, &actor, shell, (item, state), outcome).await
}
