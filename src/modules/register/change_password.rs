//! Change the password. The old one is asked for again, and every other login ends.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::query;

use super::show_settings::SettingsPage;
use super::{SPEC, person, schemas, session_store};
use crate::kernel::context::Context;
use crate::kernel::failure::{Failure, Refusals};
use crate::kernel::id::TypedId;
use crate::kernel::problem::Problem;
use crate::shared::passwords::Password;
use crate::shared::people::DecidedBy;
use crate::web::answer::{Json, NoContent, Page, SeeOther};
use crate::web::extract::Form;
use crate::web::layout::Layout;
use crate::web::security_log::{self, About};
use crate::web::visitor::Actor;

pub(super) const WRONG_PASSWORD: Problem =
    Problem::field("register.wrong-password", "This is not your password now.");
pub(super) const PASSWORD_CHANGED: Problem =
    Problem::conflict("register.password-changed", "The password was changed elsewhere a moment ago.");

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasswordChange")]
pub(super) struct Input {
    /// The password now.
    current: String,
    /// The new one.
    #[schemars(schema_with = "schemas::password")]
    password: String,
}

async fn run(ctx: &Context, actor: &Actor, input: Input) -> Result<(), Failure> {
    let account = query!("select password, email from register.account where member = $1", actor.id.uuid())
        .fetch_optional(ctx.pool(&SPEC))
        .await?;
    let email = account.as_ref().map_or("", |account| &account.email);
    let mut refusals = Refusals::default();
    let own = [&*actor.nickname, email];
    let Some(new) = refusals.take("password", person::password(&input.password, &own)) else {
        return Err(refusals.failure());
    };
    let kept = account.map(|account| account.password);
    if !ctx.passwords().verify(Password::of(&input.current), kept.clone()).await? {
        let about = About { member: Some(actor.id), by: Some(DecidedBy::Member(actor.id)), from: None };
        security_log::note(ctx, "password-change-failed", about).await;
        return Err(WRONG_PASSWORD.at("current"));
    }
    let hash = ctx.passwords().hash(new).await?;
    let mut tx = ctx.begin(&SPEC).await?;
    // Only if it is still the one that was verified: two changes at once cannot both win.
    let done = query!(
        "update register.account set password = $2 where member = $1 and password = $3",
        actor.id.uuid(),
        hash,
        kept.unwrap_or_default()
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 0 {
        return Err(PASSWORD_CHANGED.failure());
    }
    session_store::end(&mut tx, actor.id, None, Some(actor.session)).await?;
    tx.commit().await?;
    let about = About { member: Some(actor.id), by: Some(DecidedBy::Member(actor.id)), from: None };
    security_log::note(ctx, "password-changed", about).await;
    Ok(())
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Json(input): Json<Input>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, input).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Form { input, state }: Form<Input>,
) -> Result<Response, Failure> {
    match run(&ctx, &actor, input).await {
        Ok(()) => {
            let notice = "Your password is changed, and every other device is logged out.";
            Ok(SeeOther::to("/settings").saying(notice).into_response())
        }
        Err(failure) if failure.is_of_a_form() => {
            let page = SettingsPage::load(&ctx, &actor, shell, state.refused(&failure)).await?;
            Ok(Page::again(page, &failure).into_response())
        }
        Err(failure) => Err(failure),
    }
}
