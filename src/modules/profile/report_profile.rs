//! Report a profile, or one of its photos, to the reviewers. The member is not told. The same again within a week
//! changes nothing.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::query;

use super::SPEC;
use super::contract::ProfileReported;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::modules::media::contract::PhotoId;
use crate::shared::cards;
use crate::shared::reports::{Cause, Refuses, ReportForm, ReportInput};
use crate::web::answer::{Json, NoContent, Page, SeeOther};
use crate::web::extract::{Form, Path, Query};
use crate::web::form::FormState;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

pub(super) const SELF: Problem = Problem::conflict("profile.report-self", "You cannot report yourself.");

pub(super) const REFUSES: Refuses = Refuses::of([
    "profile.report-cause",
    "profile.report-blank",
    "profile.report-long",
    "profile.report-lines",
    "profile.report-marks",
]);

/// Which photo is reported.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReportedPhoto")]
pub(super) struct Which {
    /// One of her photos that the reporter sees; left out where it is the whole profile.
    photo: Option<PhotoId>,
}

/// What the reporter sees.
struct Shown {
    nickname: String,
    photo: Option<PhotoId>,
    /// The presentation, or what is to be seen on the photo.
    text: String,
}

/// 404 for what the reporter does not see.
async fn shown(ctx: &Context, actor: &Actor, member: MemberId, which: &Which) -> Result<Shown, Failure> {
    if actor.id == member {
        return Err(SELF.failure());
    }
    let card = cards::visible_to(ctx.pool(&SPEC), &SPEC, actor.id, member).await?;
    let row = query!(
        r#"select (select t.text from profile.presentation t where t.member = $1) as presentation,
                  (select p.alt from profile.photo p
                   where p.photo = $2 and p.member = $1 and p.approved is not null and not p.deleted
                     and (not p.private
                          or exists (select from profile.access a
                                     where a.owner = $1 and a.member = $3 and a.granted > a.blocked))) as alt"#,
        member.uuid(),
        which.photo.map(TypedId::uuid),
        actor.id.uuid()
    )
    .fetch_one(ctx.pool(&SPEC))
    .await?;
    let text = match which.photo {
        Some(_) => row.alt.ok_or_else(Failure::not_found)?,
        None => row.presentation.unwrap_or_default(),
    };
    Ok(Shown { nickname: card.nickname, photo: which.photo, text })
}

async fn run(
    ctx: &Context,
    actor: &Actor,
    member: MemberId,
    which: &Which,
    input: &ReportInput,
) -> Result<Shown, Failure> {
    let complaint = REFUSES.check(input)?;
    let shown = shown(ctx, actor, member, which).await?;
    let mut tx = ctx.begin(&SPEC).await?;
    let reported = ProfileReported {
        reporter: actor.id,
        member,
        photo: shown.photo,
        text: shown.text.clone(),
        cause: complaint.cause,
        words: complaint.words,
    };
    let _ = tx.emit(reported).await?;
    tx.commit().await?;
    Ok(shown)
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(member): Path<MemberId>,
    Query(which): Query<Which>,
    Json(input): Json<ReportInput>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, member, &which, &input).await?;
    Ok(NoContent)
}

#[derive(Template)]
#[template(path = "profile/report.html")]
pub(super) struct ReportPage {
    shell: Layout,
    form: FormState,
    causes: &'static [Cause],
    shown: Shown,
}

impl ReportPage {
    fn new(shell: Layout, form: FormState, shown: Shown) -> Self {
        let title = format!("Report {}", shown.nickname);
        Self { shell: shell.titled(title), form, causes: &Cause::ALL, shown }
    }
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Path(nickname): Path<String>,
    Query(which): Query<Which>,
) -> Result<Page<ReportPage>, Failure> {
    let member = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    let shown = shown(&ctx, &actor, member, &which).await?;
    Ok(Page::new(ReportPage::new(shell, FormState::default(), shown)))
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    (shell, Path(nickname)): (Layout, Path<String>),
    Query(which): Query<Which>,
    Form { input, state }: Form<ReportForm>,
) -> Result<Response, Failure> {
    let member = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    match run(&ctx, &actor, member, &which, &input.into()).await {
        Ok(Shown { nickname, .. }) => Ok(SeeOther::to(format!("/member/{nickname}"))
            .saying(crate::shared::reports::SENT)
            .into_response()),
        Err(failure) if failure.is_of_a_form() => {
            let shown = shown(&ctx, &actor, member, &which).await?;
            Ok(Page::again(ReportPage::new(shell, state.refused(&failure), shown), &failure).into_response())
        }
        Err(failure) => Err(failure),
    }
}
