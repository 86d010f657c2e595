//! Report a message to the reviewers, as it is. Its writer is not told. Twice is the same as once.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use sqlx::query;

use super::SPEC;
use super::contract::MessageReported;
use super::pair::Pair;
use super::thread_access::ThreadAccess;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::cards;
use crate::shared::reports::{Cause, Refuses, ReportForm, ReportInput, SENT};
use crate::web::answer::{Json, NoContent, Page, SeeOther};
use crate::web::extract::{Form, Path};
use crate::web::form::FormState;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

pub(super) const REFUSES: Refuses = Refuses::of([
    "chat.report-cause",
    "chat.report-blank",
    "chat.report-long",
    "chat.report-lines",
    "chat.report-marks",
]);

/// A message that the reporter got.
struct Got {
    text: String,
    at: chrono::DateTime<chrono::Utc>,
}

/// 404 for what is no message of the other one to her: also for her own, and for one that was removed.
async fn got(ctx: &Context, actor: &Actor, (from, number): (MemberId, i64)) -> Result<Got, Failure> {
    ThreadAccess::of(ctx.pool(&SPEC), actor.id, from).await?;
    let Pair { one, two } = Pair::of(actor.id, from);
    let row = query!(
        "select text, at from chat.message
         where one = $1 and two = $2 and number = $3 and sender = $4 and not withheld and not removed",
        one.uuid(),
        two.uuid(),
        number,
        from.uuid()
    )
    .fetch_optional(ctx.pool(&SPEC))
    .await?
    .ok_or_else(Failure::not_found)?;
    Ok(Got { text: row.text, at: row.at })
}

async fn run(
    ctx: &Context,
    actor: &Actor,
    (member, number): (MemberId, i64),
    input: &ReportInput,
) -> Result<(), Failure> {
    let complaint = REFUSES.check(input)?;
    let Got { text, at } = got(ctx, actor, (member, number)).await?;
    let mut tx = ctx.begin(&SPEC).await?;
    let reported = MessageReported {
        reporter: actor.id,
        member,
        number,
        text,
        sent: at,
        cause: complaint.cause,
        words: complaint.words,
    };
    let _ = tx.emit(reported).await?;
    tx.commit().await
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path((member, number)): Path<(MemberId, i64)>,
    Json(input): Json<ReportInput>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, (member, number), &input).await?;
    Ok(NoContent)
}

#[derive(Template)]
#[template(path = "chat/report.html")]
pub(super) struct ReportPage {
    shell: Layout,
    form: FormState,
    causes: &'static [Cause],
    nickname: String,
    number: i64,
    text: String,
    when: String,
}

async fn load(
    ctx: &Context,
    actor: &Actor,
    (shell, form): (Layout, FormState),
    (member, number): (MemberId, i64),
) -> Result<ReportPage, Failure> {
    let Got { text, at } = got(ctx, actor, (member, number)).await?;
    let nickname = cards::of(ctx.pool(&SPEC), &SPEC, member).await?.nickname;
    let when = shell.when(ctx).ago(at);
    let shell = shell.titled(format!("Report a message of {nickname}"));
    Ok(ReportPage { shell, form, causes: &Cause::ALL, nickname, number, text, when })
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Path((nickname, number)): Path<(String, i64)>,
) -> Result<Page<ReportPage>, Failure> {
    let member = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    Ok(Page::new(load(&ctx, &actor, (shell, FormState::default()), (member, number)).await?))
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Path((nickname, number)): Path<(String, i64)>,
    Form { input, state }: Form<ReportForm>,
) -> Result<Response, Failure> {
    let member = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    match run(&ctx, &actor, (member, number), &input.into()).await {
        Ok(()) => Ok(SeeOther::to(format!("/chat/{nickname}")).saying(SENT).into_response()),
        Err(failure) if failure.is_of_a_form() => {
            let again = load(&ctx, &actor, (shell, state.refused(&failure)), (member, number)).await?;
            Ok(Page::again(again, &failure).into_response())
        }
        Err(failure) => Err(failure),
    }
}
