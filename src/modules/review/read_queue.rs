//! Who waits for a decision, longest first.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use super::contract::ItemId;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::paging::{Cursor, Listing, PageQuery};
use crate::shared::people::{Gender, Ideal, age};
use crate::shared::places;
use crate::web::answer::{Json, Page};
use crate::web::extract::Query;
use crate::web::form::FormState;
use crate::web::layout::Layout;

/// An application.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WaitingApplication")]
pub(super) struct Waiting {
    item: ItemId,
    #[schemars(extend("const" = "registration"))]
    kind: &'static str,
    member: MemberId,
    nickname: String,
    gender: Gender,
    birthday: NaiveDate,
    age: i32,
    ideal: Ideal,
    place: String,
    /// 2 or more when she applies again.
    application: i32,
    at: DateTime<Utc>,
}

async fn run(ctx: &Context, asked: &PageQuery) -> Result<Listing<Waiting>, Failure> {
    let paging = asked.parse_oldest_first()?;
    let now = ctx.now();
    let rows = query!(
        r#"select item, member, nickname, gender as "gender: Gender", birthday,
                  ideal_gender as "ideal_gender: Gender", ideal_from, ideal_to, ideal_place, place, application, at
           from review.item
           where decision is null and (at, item) > ($1, $2)
           order by at, item limit $3"#,
        paging.from.at,
        paging.from.id,
        paging.fetch()
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    let waiting = rows.into_iter().map(|row| Waiting {
        item: ItemId::of(row.item),
        kind: "registration",
        member: MemberId::of(row.member),
        nickname: row.nickname,
        gender: row.gender,
        birthday: row.birthday,
        age: age(row.birthday, &row.place, now),
        ideal: Ideal {
            gender: row.ideal_gender,
            from: row.ideal_from,
            to: row.ideal_to,
            place: row.ideal_place,
        },
        place: row.place,
        application: row.application,
        at: row.at,
    });
    Ok(Listing::of(waiting.collect(), paging, |waiting| Cursor::new(waiting.at, waiting.item)))
}

pub(super) async fn json(
    State(ctx): State<Context>,
    Query(asked): Query<PageQuery>,
) -> Result<Json<Listing<Waiting>>, Failure> {
    Ok(Json(run(&ctx, &asked).await?))
}

#[derive(Template)]
#[template(path = "review/queue.html")]
pub(super) struct QueuePage {
    shell: Layout,
    form: FormState,
    items: Vec<Row>,
    next: Option<String>,
}

struct Row {
    item: ItemId,
    nickname: String,
    gender: &'static str,
    age: i32,
    birthday: String,
    place: String,
    ideal: String,
    applied: String,
    application: i32,
}

impl QueuePage {
    /// The first page, with `form` for a reason that was refused.
    pub(super) async fn load(ctx: &Context, shell: Layout, form: FormState) -> Result<Self, Failure> {
        Self::new(ctx, shell, form, &PageQuery::default()).await
    }

    async fn new(ctx: &Context, shell: Layout, form: FormState, asked: &PageQuery) -> Result<Self, Failure> {
        let list = run(ctx, asked).await?;
        let next = list.next_page("/review");
        let when = shell.when(ctx);
        let row = |waiting: Waiting| Row {
            item: waiting.item,
            gender: waiting.gender.label(),
            age: waiting.age,
            birthday: waiting.birthday.format("%-d %B %Y").to_string(),
            place: places::label(&waiting.place),
            ideal: waiting.ideal.sentence(),
            applied: when.ago(waiting.at),
            application: waiting.application,
            nickname: waiting.nickname,
        };
        let items = list.items.into_iter().map(row).collect();
        Ok(Self { shell: shell.titled("Review"), form, items, next })
    }
}

pub(super) async fn page(
    State(ctx): State<Context>,
    shell: Layout,
    Query(asked): Query<PageQuery>,
) -> Result<Page<QueuePage>, Failure> {
    Ok(Page::new(QueuePage::new(&ctx, shell, FormState::default(), &asked).await?))
}
