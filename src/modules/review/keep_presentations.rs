//! Which presentation a decision is about: the text that was read. One that nobody here has waited for is written down,
//! too; the same one again is nothing new.

use sqlx::{query, query_scalar};

use super::contract::{PresentationApproved, PresentationRejected};
use super::decides::Decides;
use super::item::{Decision, Kind, NewItem};
use crate::kernel::event::Recorded;
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::shared::people::DecidedBy;

impl Decides for PresentationApproved {
    const DECISION: &'static str = "approved";

    fn verdict(&self) -> (DecidedBy, Option<&str>) {
        (self.by, None)
    }

    async fn keep(fact: &Recorded<Self>, tx: &mut Tx, decision: &Decision<'_>) -> Result<u64, Failure> {
        keep(tx, (fact.event.member, &fact.event.text), decision, fact.id).await
    }
}

impl Decides for PresentationRejected {
    const DECISION: &'static str = "rejected";

    fn verdict(&self) -> (DecidedBy, Option<&str>) {
        (self.by, Some(&self.reason))
    }

    async fn keep(fact: &Recorded<Self>, tx: &mut Tx, decision: &Decision<'_>) -> Result<u64, Failure> {
        keep(tx, (fact.event.member, &fact.event.text), decision, fact.id).await
    }
}

/// `id` is the item's where nobody waited.
async fn keep(
    tx: &mut Tx,
    (member, text): (MemberId, &str),
    decision: &Decision<'_>,
    id: EventId,
) -> Result<u64, Failure> {
    let waiting = query_scalar!(
        "select i.item from review.item i join review.item_presentation p on p.item = i.item
         where i.member = $1 and i.kind = 'presentation' and i.decision is null and p.text = $2",
        member.uuid(),
        text
    );
    let waiting = waiting.fetch_all(tx.conn()).await?;
    if !waiting.is_empty() {
        return decision.write(tx, &waiting).await;
    }
    let last = query!(
        r#"select i.decision as "decision!", p.text
           from review.item i join review.item_presentation p on p.item = i.item
           where i.member = $1 and i.kind = 'presentation' and i.decision in ('approved', 'rejected')
           order by i.decided_at desc, i.item desc limit 1"#,
        member.uuid()
    );
    let last = last.fetch_optional(tx.conn()).await?;
    if last.is_some_and(|last| last.decision == decision.name && last.text == text) {
        return Ok(0);
    }
    // It is decided before anything else of hers can wait.
    let item = NewItem { id, kind: Kind::Presentation, member, at: decision.at };
    if !item.add_decided(tx, decision).await? {
        return Ok(0);
    }
    query!("insert into review.item_presentation (item, text) values ($1, $2)", id.uuid(), text)
        .execute(tx.conn())
        .await?;
    Ok(1)
}
