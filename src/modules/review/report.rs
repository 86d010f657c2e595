//! What an item of a report says, and before which others it is due.

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::contract::ItemId;
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::media::contract::PhotoId;
use crate::shared::reports::Cause;

/// What is urgent is due as if it had waited for so long already; what weighs less, as if it came so much later.
const HEAD_START_DAYS: i32 = 365;
/// Whose reports were dismissed so often, and more than twice as often as upheld, weighs less.
const DISMISSED_OFTEN: i32 = 3;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Profile,
    Photo(PhotoId),
    /// By its number in the conversation of reporter and member.
    Message(i64),
}

/// The same without saying which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
#[schemars(rename = "ReportedThing")]
pub(super) enum Thing {
    Profile,
    Photo,
    Message,
}

impl Thing {
    /// As a page says it.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Profile => "the profile",
            Self::Photo => "this photo",
            Self::Message => "this message",
        }
    }
}

impl About {
    /// As three columns have it.
    pub(super) fn of(thing: Thing, photo: Option<PhotoId>, number: Option<i64>) -> Option<Self> {
        match thing {
            Thing::Profile => Some(Self::Profile),
            Thing::Photo => photo.map(Self::Photo),
            Thing::Message => number.map(Self::Message),
        }
    }

    pub(super) fn columns(self) -> (Thing, Option<PhotoId>, Option<i64>) {
        match self {
            Self::Profile => (Thing::Profile, None, None),
            Self::Photo(photo) => (Thing::Photo, Some(photo), None),
            Self::Message(number) => (Thing::Message, None, Some(number)),
        }
    }
}

/// A report that comes into the queue.
pub(super) struct NewReport<'a> {
    pub(super) reporter: MemberId,
    pub(super) about: About,
    /// What was to be seen.
    pub(super) text: &'a str,
    pub(super) cause: Cause,
    pub(super) words: &'a str,
}

impl NewReport<'_> {
    pub(super) async fn add(&self, tx: &mut Tx, item: EventId) -> Result<u64, Failure> {
        let (about, photo, number) = self.about.columns();
        let done = query!(
            "insert into review.item_report (item, reporter, about, photo, number, text, cause, words)
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
            item.uuid(),
            self.reporter.uuid(),
            about as _,
            photo.map(TypedId::uuid),
            number,
            self.text,
            self.cause.code(),
            self.words
        );
        Ok(done.execute(tx.conn()).await?.rows_affected())
    }
}

/// A report that a reviewer decides on.
pub(super) struct Reported {
    pub(super) reporter: MemberId,
    pub(super) about: About,
    /// What was to be seen.
    pub(super) text: String,
}

impl Reported {
    pub(super) async fn find(tx: &mut Tx, item: ItemId) -> Result<Self, Failure> {
        let row = query!(
            r#"select reporter as "reporter: MemberId", about as "about: Thing", photo as "photo: PhotoId", number, text
               from review.item_report where item = $1"#,
            item.uuid()
        )
        .fetch_optional(tx.conn())
        .await?
        .ok_or_else(Failure::not_found)?;
        let about = About::of(row.about, row.photo, row.number);
        let about = about.ok_or_else(|| Failure::internal("a report does not say what it is about"))?;
        Ok(Self { reporter: row.reporter, about, text: row.text })
    }

    /// All reports that wait and are about the same, this one included, with who sent them: one decision is about all.
    /// What another reviewer decides on at this moment is left to her.
    pub(super) async fn all_alike(
        &self,
        tx: &mut Tx,
        member: MemberId,
    ) -> Result<Vec<(ItemId, MemberId)>, Failure> {
        let (about, photo, number) = self.about.columns();
        let rows = query!(
            r#"select i.item as "item: ItemId", r.reporter as "reporter: MemberId"
               from review.item i join review.item_report r on r.item = i.item
               where i.member = $1 and i.kind = 'report' and i.decision is null
                 and r.about = $2 and r.photo is not distinct from $3 and r.text = $4
                 -- Numbers of messages count in the conversation of two.
                 and (r.number is null or (r.number = $5 and r.reporter = $6))
               order by i.item for update of i skip locked"#,
            member.uuid(),
            about as _,
            photo.map(TypedId::uuid),
            self.text,
            number,
            self.reporter.uuid()
        )
        .fetch_all(tx.conn())
        .await?;
        Ok(rows.into_iter().map(|row| (row.item, row.reporter)).collect())
    }
}

/// Counts what became of a report.
pub(super) async fn count(tx: &mut Tx, reporter: MemberId, upheld: bool) -> Result<(), Failure> {
    query!(
        "insert into review.reporter as known (member, upheld, dismissed) values ($1, $2, $3)
         on conflict (member) do update set upheld = known.upheld + excluded.upheld,
                                            dismissed = known.dismissed + excluded.dismissed",
        reporter.uuid(),
        i32::from(upheld),
        i32::from(!upheld)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Says anew when a member's reports are due that wait. Reports and decisions on earlier ones come in either order.
pub(super) async fn rank(tx: &mut Tx, reporter: MemberId) -> Result<(), Failure> {
    query!(
        "update review.item i
         set due = i.at - make_interval(days => $3 * ((r.cause = any($2))::int - w.weak::int))
         from review.item_report r,
              (select coalesce(bool_or(dismissed >= $4 and dismissed > 2 * upheld), false) as weak
               from review.reporter where member = $1) as w
         where r.reporter = $1 and i.item = r.item and i.decision is null",
        reporter.uuid(),
        &Cause::URGENT.map(|cause| cause.code().to_owned()),
        HEAD_START_DAYS,
        DISMISSED_OFTEN
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
