//! The roulette: who is here, one after the other, and nobody twice.
//!
//! All stand in a circle that has nothing to do with who they are. A visit begins anywhere in it and goes round once;
//! where it began and where it is are in the link to the next one, so nothing is kept of it.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::query;
use uuid::Uuid;

use super::SPEC;
use super::list_online::hides;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::problem::Problem;
use crate::shared::cards::{Card, CardRow};
use crate::web::answer::{Json, Page};
use crate::web::extract::Query;
use crate::web::layout::Layout;
use crate::web::presence::ONLINE;
use crate::web::visitor::Actor;

pub(super) const NOT_A_TURN: Problem =
    Problem::field("online.turn", "Give `after` as the answer before had it in `next`, or leave it out.");

/// How long each is shown where it goes on by itself.
const EVERY_SECONDS: u32 = 10;
/// Letters of a turn: two UUIDs.
const TURN: &str = "^[0-9a-f]{64}$";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// `next` of the answer before; without it, a visit begins.
    #[schemars(regex(pattern = TURN))]
    after: Option<String>,
}

/// The next one.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NextOnline")]
pub(super) struct Shown {
    /// None when all who are here were shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<Card>,
    /// For `after`, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// True while she hides: then nobody is shown.
    hidden: bool,
}

/// How far round the circle a visit is.
struct Turn {
    start: Uuid,
    last: Uuid,
}

impl Turn {
    fn begin() -> Self {
        let start = Uuid::from_u128(rand::random());
        Self { start, last: start }
    }

    fn parse(text: &str) -> Option<Self> {
        let lower = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let (start, last) = lower.then(|| text.split_at(32))?;
        Some(Self { start: start.parse().ok()?, last: last.parse().ok()? })
    }

    fn to(&self, last: Uuid) -> String {
        format!("{}{}", self.start.simple(), last.simple())
    }
}

async fn run(ctx: &Context, actor: &Actor, input: &Input) -> Result<Shown, Failure> {
    let turn = match &input.after {
        None => Turn::begin(),
        Some(text) => Turn::parse(text).ok_or_else(|| NOT_A_TURN.at("after"))?,
    };
    let hidden = hides(ctx, actor).await?;
    let next = query!(
        r#"select s.place, c as "card!: CardRow"
           from online.seen s join online.card c on c.member = s.member
           where not $1 and s.at > $2 and s.member <> $3
             -- Up to the end of the circle, then from its beginning to where the visit began.
             and case when $5::uuid >= $4::uuid then s.place > $5 or s.place < $4 else s.place > $5 and s.place < $4 end
             and not exists (select from online.hidden h where h.member = s.member)
             and not exists (select from online.blocked_pair b where b.viewer = $3 and b.other = s.member)
           order by s.place <= $5, s.place limit 1"#,
        hidden,
        ctx.now() - ONLINE,
        actor.id.uuid(),
        turn.start,
        turn.last
    )
    .fetch_optional(ctx.pool(&SPEC))
    .await?;
    Ok(match next {
        None => Shown { card: None, next: None, hidden },
        Some(row) => {
            let next = Some(turn.to(row.place));
            Shown { card: Some(row.card.card(ctx, actor.id)), next, hidden }
        }
    })
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(input): Query<Input>,
) -> Result<Json<Shown>, Failure> {
    Ok(Json(run(&ctx, &actor, &input).await?))
}

/// The same of the page, which can go on by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageInput {
    after: Option<String>,
    #[serde(default)]
    runs: bool,
}

#[derive(Template)]
#[template(path = "online/next.html")]
pub(super) struct NextPage {
    shell: Layout,
    card: Option<Card>,
    next: Option<String>,
    hidden: bool,
    runs: bool,
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Query(PageInput { after, runs }): Query<PageInput>,
) -> Result<(HeaderMap, Page<NextPage>), Failure> {
    let Shown { card, next, hidden } = run(&ctx, &actor, &Input { after }).await?;
    let next = next.map(|turn| format!("/online/next?after={turn}"));
    let mut headers = HeaderMap::new();
    if let Some(next) = next.as_ref().filter(|_| runs) {
        // Works without JavaScript, and only for who has asked for it.
        let refresh = HeaderValue::try_from(format!("{EVERY_SECONDS}; url={next}&runs=true"));
        headers.insert(header::REFRESH, refresh.map_err(Failure::internal)?);
    }
    Ok((headers, Page::new(NextPage { shell: shell.titled("Who is here"), card, next, hidden, runs })))
}
