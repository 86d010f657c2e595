//! Log in. A wrong nickname and a wrong password cannot be told apart, also not by the time it takes.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::query;

use super::{SPEC, device, session_store};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::module::{Limit, Policy};
use crate::kernel::problem::Problem;
use crate::kernel::tx::Tx;
use crate::shared::passwords::Password;
use crate::shared::text::name;
use crate::web::answer::{Created, Json};
use crate::web::limits;
use crate::web::security_log::{self, About};
use crate::web::visitor::{self, Visitor};

/// Of one address, or of one device that is known.
pub(super) const LOGINS: Limit = Limit { name: "logins", count: 30, window: Duration::from_mins(15) };
/// Tries at one account from everywhere but its own devices. One address has the 30 of the action; this is so much wider that
/// nobody can keep a member out by trying, and still no botnet gets through a word list.
const TRIES: Limit = Limit { name: "login-tries", count: 600, window: Duration::from_hours(1) };

/// The same for whoever is not known and whoever typed something else.
pub(super) const WRONG_CREDENTIALS: Problem = Problem::new(
    StatusCode::UNAUTHORIZED,
    "register.wrong-credentials",
    "Nickname and password do not belong together.",
);

/// Only who knows the password hears it.
pub(super) const SUSPENDED: Problem = Problem::new(
    StatusCode::FORBIDDEN,
    "register.suspended",
    "This account is suspended: nobody can log in with it until an admin readmits it.",
);

/// Only who knows the password hears it, and why.
pub(super) const EXCLUDED: Problem =
    Problem::new(StatusCode::FORBIDDEN, "register.excluded", "A reviewer has excluded you.");

/// Who wants to log in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Credentials")]
pub(super) struct Input {
    pub nickname: String,
    pub password: String,
}

/// A login that was opened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Opened {
    /// For `Authorization: Bearer …`. It is not shown again.
    pub token: String,
    pub member: MemberId,
    pub nickname: String,
    #[schemars(with = "visitor::State")]
    pub state: String,
    /// When it ends at the latest.
    pub expires: DateTime<Utc>,
}

pub(super) async fn run(
    ctx: &Context,
    input: Input,
    visitor: &Visitor,
    device: &str,
) -> Result<Opened, Failure> {
    let nickname = name::kept(&input.nickname).to_lowercase();
    let account = query!(
        "select m.member, m.nickname, m.state, a.password from register.member m
         join register.account a on a.member = m.member where lower(m.nickname) = lower($1)",
        nickname
    )
    .fetch_optional(ctx.pool(&SPEC))
    .await?;
    let tried = account.as_ref().map(|account| MemberId::of(account.member));
    take(ctx, visitor, tried, &nickname).await?;
    let kept = account.as_ref().map(|account| account.password.clone());
    let fits = ctx.passwords().verify(Password::of(&input.password), kept).await?;
    let Some(account) = account.filter(|_| fits) else {
        security_log::note(
            ctx,
            "login-failed",
            About { member: tried, from: Some(visitor.address), by: None },
        )
        .await;
        return Err(WRONG_CREDENTIALS.failure());
    };
    let member = MemberId::of(account.member);
    let mut tx = ctx.begin(&SPEC).await?;
    // A change of the password meanwhile has ended all logins: this one must not come after it.
    query!(
        "select member from register.account where member = $1 and password = $2 for share",
        account.member,
        account.password
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or_else(|| WRONG_CREDENTIALS.failure())?;
    let suspended = query!("select member from register.suspension where member = $1", account.member)
        .fetch_optional(tx.conn());
    if suspended.await?.is_some() {
        return Err(SUSPENDED.failure());
    }
    check_exclusion(&mut tx, member).await?;
    let token = session_store::open(ctx, &mut tx, member, device).await?;
    let expires = tx.now() + TimeDelta::days(i64::from(ctx.config().session_days));
    tx.commit().await?;
    let about = About { member: Some(member), from: Some(visitor.address), by: None };
    security_log::note(ctx, "logged-in", about).await;
    let (nickname, state) = (account.nickname, account.state);
    Ok(Opened { token: token.reveal().to_owned(), member, nickname, state, expires })
}

async fn check_exclusion(tx: &mut Tx, member: MemberId) -> Result<(), Failure> {
    let excluded = query!(
        "select until, reason from register.exclusion where member = $1 and (until is null or until > $2)",
        member.uuid(),
        tx.now()
    );
    match excluded.fetch_optional(tx.conn()).await? {
        None => Ok(()),
        Some(excluded) => {
            let until = excluded.until.map_or_else(
                || "for good".to_owned(),
                |until| format!("until {} (UTC)", until.format("%-d %B %Y, %H:%M")),
            );
            Err(EXCLUDED.saying(format!("A reviewer has excluded you {until}: {}", excluded.reason)))
        }
    }
}

/// Counts a try. A device of this very member has its own allowance, which the guard has counted. One of another member
/// is a stranger here: otherwise an attacker would log in to her own account for more tries at others.
async fn take(
    ctx: &Context,
    visitor: &Visitor,
    tried: Option<MemberId>,
    nickname: &str,
) -> Result<(), Failure> {
    match &visitor.device {
        Some(device) if Some(device.member) == tried => return Ok(()),
        Some(_) => limits::take(ctx, LOGINS, Policy::Public, visitor).await.map(drop)?,
        None => {}
    }
    limits::take_named(ctx, TRIES, nickname).await.map(drop)
}

pub(super) async fn json(
    State(ctx): State<Context>,
    visitor: Visitor,
    headers: HeaderMap,
    Json(input): Json<Input>,
) -> Result<Created<Opened>, Failure> {
    Ok(Created(run(&ctx, input, &visitor, &device::name(&headers)).await?))
}
