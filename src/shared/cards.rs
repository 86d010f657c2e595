//! A module's own copy of who is who: `<schema>.card`, and how a card looks in answers and pages.
//!
//! Nickname and birthday never change, so the first approval is the last word.

use std::sync::Arc;

use axum::http::StatusCode;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{AssertSqlSafe, PgExecutor, query, query_as, query_scalar};

use super::people::{Gender, age};
use super::{places, versions};
use crate::kernel::context::Context;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::module::ModuleSpec;
use crate::kernel::tx::Tx;
use crate::modules::media::contract::PhotoId;
use crate::modules::review::contract::RegistrationApproved;
use crate::shared::text::name;

/// Colours of generated portraits.
const HUES: u8 = 8;
/// Characters of a name in what is said.
const NAME_CHARS: usize = 40;

/// A member as lists show her.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    pub member: MemberId,
    pub nickname: String,
    pub gender: Gender,
    pub age: i32,
    /// The town's id.
    #[serde(rename = "place")]
    pub town: String,
    /// Town and county, as a person says it.
    #[serde(rename = "placeName")]
    pub place: String,
    /// The photo that stands for her; none before one is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portrait: Option<PhotoId>,
    /// She was here within the last 5 minutes; never of who hides, nor to her.
    pub online: bool,
    /// The colour of her generated portrait.
    #[serde(skip)]
    pub hue: u8,
}

impl Card {
    /// As the member sees it whom this one has blocked, where he keeps it: nothing live shows, as if she were away.
    #[must_use]
    pub fn away_if(self, blocked: bool) -> Self {
        Self { online: self.online && !blocked, ..self }
    }
}

/// The colour of a member's generated portrait, 0 to 7.
pub fn hue(member: MemberId) -> u8 {
    member.uuid().as_bytes().iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)) % HUES
}

/// The member of a nickname, however it is typed: upper or lower case alike.
///
/// # Errors
/// 404 if nobody has the nickname.
pub async fn named(db: impl PgExecutor<'_>, spec: &ModuleSpec, nickname: &str) -> Result<MemberId, Failure> {
    let sql = format!("select member from {}.card where lower(nickname) = lower($1)", spec.schema);
    let member = query_scalar(AssertSqlSafe(sql)).bind(name::kept(nickname)).fetch_optional(db).await?;
    member.ok_or_else(Failure::not_found)
}

/// Whether somebody has this id, whoever asks.
///
/// # Errors
/// If the database does not answer.
pub async fn is_known(db: impl PgExecutor<'_>, spec: &ModuleSpec, member: MemberId) -> Result<bool, Failure> {
    let sql = format!("select exists (select from {}.card where member = $1)", spec.schema);
    Ok(query_scalar(AssertSqlSafe(sql)).bind(member).fetch_one(db).await?)
}

/// Who has this nickname, for actions that are answered alike for nobody: otherwise they would tell that a member is
/// there who is hidden from who asks, and so that she has blocked him.
///
/// # Errors
/// If the database does not answer.
pub async fn if_named(
    db: impl PgExecutor<'_>,
    spec: &ModuleSpec,
    nickname: &str,
) -> Result<Option<MemberId>, Failure> {
    match named(db, spec, nickname).await {
        Ok(member) => Ok(Some(member)),
        Err(failure) if failure.status() == StatusCode::NOT_FOUND => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// A name as it is said again: of nobody's no more than a name has.
pub fn said(nickname: &str) -> String {
    nickname.chars().take(NAME_CHARS).collect()
}

/// The card of a member, whoever asks. Who may see it is the caller's to know.
///
/// # Errors
/// 404 if the module has no card of the member.
pub async fn of(db: impl PgExecutor<'_>, spec: &ModuleSpec, member: MemberId) -> Result<CardRow, Failure> {
    let sql = format!(
        "select member, nickname, gender, birthday, place, portrait from {}.card where member = $1",
        spec.schema
    );
    let card = query_as(AssertSqlSafe(sql)).bind(member).fetch_optional(db).await?;
    card.ok_or_else(Failure::not_found)
}

/// Another member, as `viewer` may see her: nobody who is unknown, not approved, or blocked either way.
///
/// # Errors
/// 404 if the member is unknown, not approved, or blocked either way.
pub async fn visible_to(
    db: impl PgExecutor<'_>,
    spec: &ModuleSpec,
    viewer: MemberId,
    other: MemberId,
) -> Result<CardRow, Failure> {
    let schema = spec.schema;
    let sql = format!(
        "select member, nickname, gender, birthday, place, portrait from {schema}.card c
         where member = $2
           and not exists (select from {schema}.blocked_pair p where p.viewer = $1 and p.other = c.member)"
    );
    let card = query_as(AssertSqlSafe(sql)).bind(viewer).bind(other).fetch_optional(db).await?;
    card.ok_or_else(Failure::not_found)
}

/// A row of `<schema>.card`, its columns in their order. A query has it as one column: `c as "card: CardRow"`, where
/// `c` is that table.
#[derive(Debug, Clone, sqlx::FromRow, sqlx::Type)]
#[sqlx(type_name = "card")]
pub struct CardRow {
    pub member: MemberId,
    pub nickname: String,
    pub gender: Gender,
    pub birthday: NaiveDate,
    pub place: String,
    pub portrait: Option<PhotoId>,
}

impl CardRow {
    /// As `viewer` sees it now: ages are computed when they are read, and who is online is in memory.
    pub fn card(self, ctx: &Context, viewer: MemberId) -> Card {
        let now = ctx.now();
        Card {
            member: self.member,
            nickname: self.nickname,
            gender: self.gender,
            age: age(self.birthday, &self.place, now),
            portrait: self.portrait,
            online: ctx.presence().shows(viewer, self.member, now),
            place: places::label(&self.place),
            town: self.place,
            hue: hue(self.member),
        }
    }
}

/// Writes a card when a member is approved.
///
/// `on conflict` names no index: of two approvals at once, either index may be the one that notices.
pub struct KeepCards {
    sql: Arc<str>,
    /// Who sees more of a live module now that these are known: `select member from … where … = any($1)`.
    wakes: Option<&'static str>,
}

impl KeepCards {
    pub fn of(schema: &str, wakes: Option<&'static str>) -> Self {
        let sql = format!(
            "insert into {schema}.card (member, nickname, gender, birthday, place)
             select * from unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::text[])
             on conflict do nothing"
        );
        Self { sql: sql.into(), wakes }
    }
}

impl Listener for KeepCards {
    type Event = RegistrationApproved;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<RegistrationApproved>],
    ) -> Result<Applied, Failure> {
        let events = || facts.iter().map(|fact| &fact.event);
        let done = query(AssertSqlSafe(self.sql.clone()))
            .bind(events().map(|e| e.member).collect::<Vec<_>>())
            .bind(events().map(|e| e.nickname.clone()).collect::<Vec<_>>())
            .bind(events().map(|e| e.gender.code()).collect::<Vec<_>>())
            .bind(events().map(|e| e.birthday).collect::<Vec<_>>())
            .bind(events().map(|e| e.place.clone()).collect::<Vec<_>>())
            .execute(tx.conn())
            .await?;
        let applied = Applied::rows(done.rows_affected());
        if let Some(wakes) = self.wakes.filter(|_| applied.changed()) {
            let known: Vec<MemberId> = events().map(|e| e.member).collect();
            let waited: Vec<MemberId> = query_scalar(wakes).bind(known).fetch_all(tx.conn()).await?;
            versions::bump(tx, waited).await?;
        }
        Ok(applied)
    }
}
