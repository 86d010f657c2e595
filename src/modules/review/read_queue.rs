//! What waits for a decision: the urgent first, then what has waited longest.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use super::contract::ItemId;
use super::earlier::{self, Earlier};
use super::item::Kind;
use super::waiting_report::{self, WaitingReport};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::modules::media::contract::PhotoId;
use crate::shared::paging::{Cursor, Listing, PageQuery};
use crate::shared::people::{Gender, Ideal, age};
use crate::shared::places;
use crate::web::answer::{Json, Page, SeeOther};
use crate::web::extract::Query;
use crate::web::form::FormState;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;
use crate::web::when::When;

/// An application, a presentation, a photo or a report.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WaitingItem")]
pub(super) struct Waiting {
    item: ItemId,
    kind: Kind,
    member: MemberId,
    nickname: String,
    gender: Gender,
    birthday: NaiveDate,
    age: i32,
    place: String,
    /// Whom she looks for; only of an application.
    #[serde(skip_serializing_if = "Option::is_none")]
    ideal: Option<Ideal>,
    /// 2 or more when she applies again; only of an application.
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<i32>,
    /// What she wrote; only of a presentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Which; only of a photo.
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<PhotoId>,
    /// What is to be seen on it, in her words; only of a photo, and only where she has said something.
    #[serde(skip_serializing_if = "Option::is_none")]
    alt: Option<String>,
    /// What it says; only of a report.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<WaitingReport>,
    /// What was decided on her before: the newest three.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<Earlier>,
    /// Until when it is the reader's, where she has taken it.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_until: Option<DateTime<Utc>>,
    /// Since when it waits. A presentation that she changes meanwhile keeps its place.
    at: DateTime<Utc>,
    /// What the list is sorted by.
    #[serde(skip)]
    due: DateTime<Utc>,
}

async fn run(ctx: &Context, reader: MemberId, asked: &PageQuery) -> Result<Listing<Waiting>, Failure> {
    let paging = asked.parse_oldest_first()?;
    let now = ctx.now();
    let rows = query!(
        r#"select i.item, i.kind as "kind: Kind", i.member, coalesce(a.nickname, c.nickname) as "nickname!",
                  coalesce(a.gender, c.gender) as "gender!: Gender", coalesce(a.birthday, c.birthday) as "birthday!",
                  coalesce(a.place, c.place) as "place!", a.ideal_gender as "ideal_gender?: Gender",
                  a.ideal_from as "ideal_from?", a.ideal_to as "ideal_to?", a.ideal_place,
                  a.application as "application?", t.text as "text?", p.photo as "photo?: PhotoId",
                  nullif(p.alt, '') as alt, l.until as "taken_until?", i.at, i.due
           from review.item i
           left join review.card c on c.member = i.member
           left join review.item_application a on a.item = i.item
           left join review.item_presentation t on t.item = i.item
           left join review.item_photo p on p.item = i.item
           left join review.lease l on l.item = i.item and l.until > $5
           where i.decision is null and coalesce(a.nickname, c.nickname) is not null and (i.due, i.item) > ($1, $2)
             -- What others read is left to them.
             and (l.reviewer is null or l.reviewer = $4)
           order by i.due, i.item limit $3"#,
        paging.from.at,
        paging.from.id,
        paging.fetch(),
        reader.uuid(),
        now
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    let members: Vec<_> = rows.iter().map(|row| MemberId::of(row.member)).collect();
    let mut earlier = earlier::of(ctx, &members).await?;
    let items: Vec<_> = rows.iter().map(|row| ItemId::of(row.item)).collect();
    let mut reports = waiting_report::of(ctx, &items).await?;
    let waiting = rows.into_iter().map(|row| Waiting {
        // Of several of hers the first one says it.
        earlier: earlier.remove(&MemberId::of(row.member)).unwrap_or_default(),
        taken_until: row.taken_until,
        item: ItemId::of(row.item),
        kind: row.kind,
        member: MemberId::of(row.member),
        nickname: row.nickname,
        gender: row.gender,
        birthday: row.birthday,
        age: age(row.birthday, &row.place, now),
        ideal: row.ideal_gender.zip(row.ideal_from.zip(row.ideal_to)).map(|(gender, (from, to))| Ideal {
            gender,
            from,
            to,
            place: row.ideal_place,
        }),
        place: row.place,
        application: row.application,
        text: row.text,
        report: reports.remove(&ItemId::of(row.item)),
        photo: row.photo,
        alt: row.alt,
        at: row.at,
        due: row.due,
    });
    Ok(Listing::of(waiting.collect(), paging, |waiting| Cursor::new(waiting.due, waiting.item)))
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(asked): Query<PageQuery>,
) -> Result<Json<Listing<Waiting>>, Failure> {
    Ok(Json(run(&ctx, actor.id, &asked).await?))
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
    /// Whom she looks for; only of an application.
    ideal: Option<String>,
    since: String,
    application: i32,
    /// What she wrote; only of a presentation.
    text: Option<String>,
    /// Only of a photo.
    photo: Option<PhotoId>,
    alt: Option<String>,
    report: Option<WaitingReport>,
    /// She has taken it.
    yours: bool,
    /// What was decided on this member before, in words.
    earlier: Vec<String>,
}

fn said(earlier: &Earlier, when: When) -> String {
    let what = match earlier.kind {
        Kind::Registration => "Application",
        Kind::Presentation => "Presentation",
        Kind::Photo => "Photo",
        Kind::Report => "Report",
    };
    let reason = earlier.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{what} {} {}{reason}", earlier.decision, when.ago(earlier.at))
}

impl QueuePage {
    /// The answer to a form of an item: the queue with a notice, or, where a field was refused, the first page with
    /// what the reviewer typed. Any other failure stays one.
    pub(super) async fn after(
        ctx: &Context,
        reader: &Actor,
        shell: Layout,
        (item, form): (ItemId, FormState),
        outcome: Result<String, Failure>,
    ) -> Result<Response, Failure> {
        let failure = match outcome {
            Ok(notice) => return Ok(SeeOther::to("/review").saying(notice).into_response()),
            Err(failure) if failure.is_of_a_form() => failure,
            Err(failure) => return Err(failure),
        };
        let form = form.with("item", item.to_string()).refused(&failure);
        let page = Self::new(ctx, reader.id, (shell, form), &PageQuery::default()).await?;
        Ok(Page::again(page, &failure).into_response())
    }

    async fn new(
        ctx: &Context,
        reader: MemberId,
        (shell, form): (Layout, FormState),
        asked: &PageQuery,
    ) -> Result<Self, Failure> {
        let list = run(ctx, reader, asked).await?;
        let next = list.next_page("/review");
        let when = shell.when(ctx);
        let row = |waiting: Waiting| Row {
            item: waiting.item,
            gender: waiting.gender.label(),
            age: waiting.age,
            birthday: waiting.birthday.format("%-d %B %Y").to_string(),
            place: places::label(&waiting.place),
            ideal: waiting.ideal.map(|ideal| ideal.sentence()),
            since: when.ago(waiting.at),
            application: waiting.application.unwrap_or(1),
            text: waiting.text,
            photo: waiting.photo,
            alt: waiting.alt,
            report: waiting.report,
            yours: waiting.taken_until.is_some(),
            earlier: waiting.earlier.into_iter().map(|earlier| said(&earlier, when)).collect(),
            nickname: waiting.nickname,
        };
        let items = list.items.into_iter().map(row).collect();
        Ok(Self { shell: shell.titled("Review"), form, items, next })
    }
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Query(asked): Query<PageQuery>,
) -> Result<Page<QueuePage>, Failure> {
    Ok(Page::new(QueuePage::new(&ctx, actor.id, (shell, FormState::default()), &asked).await?))
}
