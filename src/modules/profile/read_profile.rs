//! A member's profile, as another member may see it. Who is blocked either way gets a 404.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use super::record_visit::{self, Look};
use crate::context::Context;
use crate::failure::Failure;
use crate::id::{MemberId, TypedId};
use crate::kit::cards::{self, Card, CardRow};
use crate::kit::people::{Gender, Ideal};
use crate::web::answer::{Json, Page};
use crate::web::extract::Path;
use crate::web::shell::Shell;
use crate::web::visitor::Actor;
use crate::web::when;

/// What a profile says.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Profile {
    #[serde(flatten)]
    card: Card,
    ideal: Ideal,
    /// None before a first one is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    presentation: Option<String>,
    /// Member since.
    since: DateTime<Utc>,
    /// True while the reader's flirt waits for an answer.
    flirted: bool,
}

async fn run(ctx: &Context, actor: &Actor, member: MemberId) -> Result<Profile, Failure> {
    let row = query!(
        r#"select c as "card!: CardRow", p.at, t.text as "text?",
                  coalesce(i.gender, p.ideal_gender) as "ideal_gender!: Gender",
                  coalesce(i.from_age, p.ideal_from) as "ideal_from!", coalesce(i.to_age, p.ideal_to) as "ideal_to!",
                  -- Anywhere is a place, too.
                  case when i.member is null then p.ideal_place else i.place end as "ideal_place?",
                  exists (select from profile.flirted f where f.sender = $1 and f.receiver = $2) as "flirted!"
           from profile.card c
           join profile.profile p on p.member = c.member
           left join profile.presentation t on t.member = c.member
           left join profile.ideal i on i.member = c.member
           where c.member = $2
             and not exists (select from profile.blocked_pair b where b.viewer = $1 and b.other = $2)"#,
        actor.id.uuid(),
        member.uuid()
    )
    .fetch_optional(ctx.pool(&SPEC))
    .await?
    .ok_or_else(Failure::not_found)?;
    Ok(Profile {
        card: row.card.card(ctx, actor.id),
        ideal: Ideal {
            gender: row.ideal_gender,
            from: row.ideal_from,
            to: row.ideal_to,
            place: row.ideal_place,
        },
        presentation: row.text,
        since: row.at,
        flirted: row.flirted,
    })
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(member): Path<MemberId>,
    method: Method,
    headers: HeaderMap,
) -> Result<Json<Profile>, Failure> {
    let profile = run(&ctx, &actor, member).await?;
    record_visit::after(&ctx, actor.id, member, &Look { method: &method, headers: &headers });
    Ok(Json(profile))
}

#[derive(Template)]
#[template(path = "profile/member.html")]
pub(super) struct ProfilePage {
    shell: Shell,
    card: Card,
    presentation: Option<String>,
    ideal: String,
    since: String,
    own: bool,
    flirted: bool,
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Shell,
    Path(nickname): Path<String>,
    (method, headers): (Method, HeaderMap),
) -> Result<Page<ProfilePage>, Failure> {
    let member = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    let profile = run(&ctx, &actor, member).await?;
    record_visit::after(&ctx, actor.id, member, &Look { method: &method, headers: &headers });
    Ok(Page::new(ProfilePage {
        shell: shell.titled(&profile.card.nickname),
        own: actor.id == member,
        ideal: profile.ideal.sentence(),
        since: when::day(profile.since),
        presentation: profile.presentation,
        flirted: profile.flirted,
        card: profile.card,
    }))
}
