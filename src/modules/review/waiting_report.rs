//! What the reports of one page of the queue say, and how their reporters did before. The page shows it to the reviewer.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query_as;

use super::SPEC;
use super::contract::ItemId;
use super::report::Thing;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::modules::media::contract::PhotoId;
use crate::shared::reports::Cause;

/// What a member reported.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WaitingReport {
    #[serde(skip)]
    item: ItemId,
    pub(super) about: Thing,
    pub(super) cause: Cause,
    /// Which; only of a photo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) photo: Option<PhotoId>,
    /// What was to be seen: the presentation, the photo's description, or the message. Empty where that is nothing.
    pub(super) text: String,
    /// What the reporter adds; empty where that is nothing.
    pub(super) words: String,
    pub(super) reporter: String,
    /// What became of the reporter's earlier reports.
    pub(super) upheld: i32,
    pub(super) dismissed: i32,
}

/// Of those items that are reports.
pub(super) async fn of(ctx: &Context, items: &[ItemId]) -> Result<HashMap<ItemId, WaitingReport>, Failure> {
    let rows = query_as!(
        WaitingReport,
        r#"select r.item as "item!: ItemId", r.about as "about!: Thing", r.photo as "photo: PhotoId", r.text as "text!",
                  r.cause as "cause!: Cause", r.words as "words!", coalesce(c.nickname, '') as "reporter!",
                  coalesce(s.upheld, 0) as "upheld!", coalesce(s.dismissed, 0) as "dismissed!"
           from review.item_report r
           left join review.card c on c.member = r.reporter
           left join review.reporter s on s.member = r.reporter
           where r.item = any($1)"#,
        &items.iter().map(|item| item.uuid()).collect::<Vec<_>>()
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    Ok(rows.into_iter().map(|report| (report.item, report)).collect())
}
