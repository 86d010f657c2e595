//! An item of the queue: what every kind of it has.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{query, query_scalar};

use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::media::contract::PhotoId;
use crate::shared::people::DecidedBy;

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
#[schemars(rename = "ItemKind")]
pub(super) enum Kind {
    Registration,
    Presentation,
    Photo,
    Report,
}

/// Something that a member asks for. The event that asked gives it its id.
pub(super) struct NewItem {
    pub(super) id: EventId,
    pub(super) kind: Kind,
    pub(super) member: MemberId,
    /// Since when it waits.
    pub(super) at: DateTime<Utc>,
}

impl NewItem {
    /// False where it is there already, or where another one of hers waits that stands for it.
    pub(super) async fn add(&self, tx: &mut Tx) -> Result<bool, Failure> {
        let done = query!(
            "insert into review.item (item, kind, member, at, due) values ($1, $2, $3, $4, $4) on conflict do nothing",
            self.id.uuid(),
            self.kind as _,
            self.member.uuid(),
            self.at
        );
        Ok(done.execute(tx.conn()).await?.rows_affected() > 0)
    }

    /// The same for what was decided without waiting here. False where it is there already.
    pub(super) async fn add_decided(&self, tx: &mut Tx, decision: &Decision<'_>) -> Result<bool, Failure> {
        let done = query!(
            "insert into review.item (item, kind, member, at, due, decision, reason, decided_by, decided_at)
             values ($1, $2, $3, $4, $4, $5, $6, $7, $4) on conflict do nothing",
            self.id.uuid(),
            self.kind as _,
            self.member.uuid(),
            self.at,
            decision.name,
            decision.reason,
            decision.by.member().map(TypedId::uuid)
        );
        Ok(done.execute(tx.conn()).await?.rows_affected() > 0)
    }
}

/// What an item of a photo says.
pub(super) struct Shown<'a> {
    pub(super) item: EventId,
    pub(super) photo: PhotoId,
    pub(super) alt: &'a str,
}

impl Shown<'_> {
    /// False where the photo has an item already: its upload and a decision come from two sources, in either order.
    pub(super) async fn add(&self, tx: &mut Tx) -> Result<bool, Failure> {
        let done = query!(
            "insert into review.item_photo (item, photo, alt) values ($1, $2, $3) on conflict do nothing",
            self.item.uuid(),
            self.photo.uuid(),
            self.alt
        );
        Ok(done.execute(tx.conn()).await?.rows_affected() > 0)
    }
}

/// What a reviewer said.
pub(super) struct Decision<'a> {
    /// As stored.
    pub(super) name: &'static str,
    /// None for an approval.
    pub(super) reason: Option<&'a str>,
    pub(super) by: DecidedBy,
    pub(super) at: DateTime<Utc>,
}

impl Decision<'_> {
    /// Writes it down at items of the queue, which nobody needs to have taken any more. Returns how many.
    pub(super) async fn write(&self, tx: &mut Tx, items: &[uuid::Uuid]) -> Result<u64, Failure> {
        query!("delete from review.lease where item = any($1)", items).execute(tx.conn()).await?;
        let done = query!(
            "update review.item set decision = $2, reason = $3, decided_by = $4, decided_at = $5
             where item = any($1)",
            items,
            self.name,
            self.reason,
            self.by.member().map(TypedId::uuid),
            self.at
        );
        Ok(done.execute(tx.conn()).await?.rows_affected())
    }

    /// The same for one item where it is not decided yet.
    pub(super) async fn write_if_waiting(&self, tx: &mut Tx, item: EventId) -> Result<u64, Failure> {
        let waiting = query_scalar!(
            "select item from review.item where item = $1 and decision is null for update",
            item.uuid()
        );
        let waiting = waiting.fetch_all(tx.conn()).await?;
        self.write(tx, &waiting).await
    }
}
