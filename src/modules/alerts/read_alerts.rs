//! Alerts, newest first, with `unread` on those that she has not seen. Blocked members are not in it.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{query, query_scalar};

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, MemberId, TypedId};
use crate::modules::media::contract::PhotoId;
use crate::shared::cards::hue;
use crate::shared::paging::{Cursor, Listing, PageQuery};
use crate::web::answer::{Json, Page};
use crate::web::counts::Counts;
use crate::web::extract::Query;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;
use crate::web::when::When;

/// Nobody needs to know more exactly than "100 or more".
const UNREAD_MAX: i64 = 100;

/// One alert.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Alert")]
pub(super) struct Item {
    alert: EventId,
    /// What happened.
    #[schemars(extend("enum" = [
        "flirt", "visit", "photo-liked", "album-asked", "album-opened", "presentation-approved",
        "presentation-rejected", "photo-approved", "photo-rejected", "report-upheld", "report-dismissed",
        "message-removed", "warned", "excluded"
    ]))]
    kind: String,
    /// Who caused it; none where it was a reviewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<MemberId>,
    /// Hers.
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<String>,
    /// The photo that stands for her; none before one is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    portrait: Option<PhotoId>,
    /// Which one it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<PhotoId>,
    /// What a reviewer said.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    at: DateTime<Utc>,
    /// True before she has seen it.
    unread: bool,
}

/// A page of alerts, and how many are unread over all pages (counted up to 100).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AlertPage")]
pub(super) struct Feed {
    #[serde(flatten)]
    list: Listing<Item>,
    /// At most 100.
    unread: i64,
}

async fn run(ctx: &Context, actor: &Actor, query: &PageQuery) -> Result<Feed, Failure> {
    let paging = query.parse()?;
    let rows = query!(
        r#"select a.alert as "alert: EventId", a.kind, a.actor as "member: MemberId",
                  c.nickname as "nickname?", c.portrait as "portrait?: PhotoId", a.photo as "photo: PhotoId", a.reason, a.at,
                  coalesce((a.at, a.alert) > (m.at, m.alert), true) as "unread!",
                  coalesce((select version from alerts.version where member = $1), 0) as "version!"
           from alerts.alert a
           left join alerts.card c on c.member = a.actor
           left join alerts.mark m on m.member = a.member
           where a.member = $1 and (a.at, a.alert) < ($2, $3)
             -- Who is not known yet stays hidden until her card comes.
             and (a.actor is null or c.member is not null)
             and not exists (select from alerts.blocked_pair p where p.viewer = $1 and p.other = a.actor)
           order by a.at desc, a.alert desc limit $4"#,
        actor.id.uuid(),
        paging.from.at,
        paging.from.id,
        paging.fetch()
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    // Of the moment of the list, so that both say the same. Where nothing is listed it says nothing.
    let version = rows.first().map(|row| row.version);
    let items = rows.into_iter().map(|row| Item {
        alert: row.alert,
        kind: row.kind,
        member: row.member,
        nickname: row.nickname,
        portrait: row.portrait,
        photo: row.photo,
        reason: row.reason,
        at: row.at,
        unread: row.unread,
    });
    let list = Listing::of(items.collect(), paging, |item| Cursor::new(item.at, item.alert));
    let unread = match version {
        Some(version) => {
            ctx.counted().of_version(ctx, &SPEC, (actor.id, version), unread(ctx, actor)).await?
        }
        None => unread(ctx, actor).await?,
    };
    Ok(Feed { list, unread: unread.alerts })
}

async fn unread(ctx: &Context, actor: &Actor) -> Result<Counts, Failure> {
    let alerts = query_scalar!(
        r#"select count(*) as "count!" from (
               select from alerts.alert a
               -- Two bounds and no join, so that the index begins where she has read to.
               where a.member = $1
                 and (a.at, a.alert) > (
                     coalesce((select at from alerts.mark where member = $1), '-infinity'),
                     coalesce((select alert from alerts.mark where member = $1),
                              '00000000-0000-0000-0000-000000000000'))
                 and (a.actor is null or exists (select from alerts.card c where c.member = a.actor))
                 and not exists (select from alerts.blocked_pair p where p.viewer = $1 and p.other = a.actor)
               limit $2) as unread"#,
        actor.id.uuid(),
        UNREAD_MAX
    )
    .fetch_one(ctx.pool(&SPEC))
    .await?;
    Ok(Counts { alerts, ..Counts::default() })
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(query): Query<PageQuery>,
) -> Result<Json<Feed>, Failure> {
    Ok(Json(run(&ctx, &actor, &query).await?))
}

#[derive(Template)]
#[template(path = "alerts/list.html")]
pub(super) struct AlertsPage {
    shell: Layout,
    items: Vec<Row>,
    unread: i64,
    next: Option<String>,
    up_to: Option<String>,
}

struct Row {
    id: EventId,
    kind: String,
    text: String,
    nickname: Option<String>,
    hue: u8,
    /// Hers, or the photo of one's own that a reviewer has judged.
    picture: Option<PhotoId>,
    /// Where she can do something about it.
    place: Option<&'static str>,
    when: String,
    datetime: String,
    unread: bool,
}

impl Row {
    fn new(item: Item, when: When) -> Self {
        let reason = item.reason.unwrap_or_default();
        let text = match item.kind.as_str() {
            "flirt" => "flirted with you".to_owned(),
            "visit" => "visited your profile".to_owned(),
            "photo-liked" => "likes a photo of yours".to_owned(),
            "album-asked" => "asks to see your private album".to_owned(),
            "album-opened" => "opened a private album to you".to_owned(),
            "presentation-approved" => "Your presentation is approved and public now".to_owned(),
            "presentation-rejected" => format!("Your presentation was not approved: {reason}"),
            "photo-approved" => "Your photo is approved".to_owned(),
            "photo-rejected" => format!("Your photo was not approved: {reason}"),
            "report-upheld" => {
                "You reported something, and a reviewer has done something about it".to_owned()
            }
            "report-dismissed" => format!("A reviewer has looked at what you reported: {reason}"),
            "message-removed" => format!("A reviewer has removed a message that you wrote: {reason}"),
            "warned" => format!("A reviewer warns you: {reason}"),
            "excluded" => format!("A reviewer excluded you for some time: {reason}"),
            other => other.to_owned(),
        };
        let place = match item.kind.as_str() {
            "presentation-approved" | "presentation-rejected" => Some("/draft"),
            "photo-approved" | "photo-rejected" => Some("/media"),
            "album-asked" => Some("/album"),
            _ => None,
        };
        Self {
            picture: if item.member.is_none() { item.photo } else { item.portrait },
            place,
            id: item.alert,
            kind: item.kind,
            text,
            nickname: item.nickname,
            hue: item.member.map(hue).unwrap_or_default(),
            when: when.ago(item.at),
            datetime: item.at.to_rfc3339(),
            unread: item.unread,
        }
    }
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Query(query): Query<PageQuery>,
) -> Result<Page<AlertsPage>, Failure> {
    let shell = shell.following(&ctx, &actor, &SPEC).await?;
    let feed = run(&ctx, &actor, &query).await?;
    let next = feed.list.next_page("/alerts");
    let up_to = feed.list.items.first().map(|newest| newest.alert.to_string());
    let when = shell.when(&ctx);
    let items = feed.list.items.into_iter().map(|item| Row::new(item, when)).collect();
    let page = AlertsPage { shell: shell.titled("Alerts"), items, unread: feed.unread, next, up_to };
    Ok(Page::new(page))
}
