//! What a reviewer is about to decide on, and what stops a second decision.

use sqlx::query;

use super::contract::{ItemId, RegistrationApproved};
use super::item::Kind;
use super::report::Reported;
use crate::kernel::event::Applied;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::kernel::tx::Tx;
use crate::modules::media::contract::PhotoId;
use crate::shared::people::{DecidedBy, Gender, Ideal};

/// Another reviewer was first.
const DECIDED: Problem = Problem::conflict("review.decided", "This has been decided already.");
/// It is not what the reviewer read.
const REPLACED: Problem =
    Problem::conflict("review.replaced", "She has sent another text since. Read that one in the queue.");
/// There is nothing to decide on any more.
const WITHDRAWN: Problem = Problem::conflict("review.withdrawn", "She has deleted this photo since.");
/// Another reviewer reads it.
const TAKEN: Problem =
    Problem::conflict("review.taken", "Another reviewer is reading this. Leave it to her.");
/// She reported it herself, or is reported.
const OWN: Problem =
    Problem::conflict("review.own", "This report is yours, or about you. Leave it to another reviewer.");
/// What a decision is refused for.
pub(super) const REFUSALS: &[Problem] = &[DECIDED, REPLACED, WITHDRAWN, TAKEN, OWN];
/// A report is neither approved nor rejected, and nothing else is upheld or dismissed.
pub(super) const OTHER_KIND: Problem = Problem::conflict(
    "review.other-kind",
    "A report is upheld or dismissed; all else is approved or rejected.",
);

/// An item, locked: another reviewer waits, and then finds it decided.
pub(super) struct Waiting {
    pub(super) member: MemberId,
    pub(super) nickname: String,
    pub(super) asks: Asks,
}

/// What she asks for.
pub(super) enum Asks {
    /// As the approval that the reviewer may publish.
    Registration(Box<RegistrationApproved>),
    Presentation(String),
    Photo {
        photo: PhotoId,
        alt: String,
    },
    Report(Box<Reported>),
}

impl Waiting {
    pub(super) async fn find(tx: &mut Tx, item: ItemId, by: DecidedBy) -> Result<Self, Failure> {
        let row = query!(
            r#"select i.member as "member: MemberId", i.kind as "kind: Kind", i.decision,
                      (select c.nickname from review.card c where c.member = i.member) as nickname,
                      exists (select from review.lease l
                              where l.item = i.item and l.reviewer <> $2 and l.until > $3) as "taken!"
               from review.item i where i.item = $1 for update of i"#,
            item.uuid(),
            by.member().map(TypedId::uuid),
            tx.now()
        )
        .fetch_optional(tx.conn())
        .await?
        .ok_or_else(Failure::not_found)?;
        match row.decision.as_deref() {
            None => {}
            Some("replaced") => return Err(REPLACED.failure()),
            Some("withdrawn") => return Err(WITHDRAWN.failure()),
            Some(_) => return Err(DECIDED.failure()),
        }
        if row.taken {
            return Err(TAKEN.failure());
        }
        let asks = match row.kind {
            Kind::Registration => Asks::Registration(Box::new(application(tx, item, row.member, by).await?)),
            Kind::Presentation => presentation(tx, item).await?,
            Kind::Photo => photo(tx, item).await?,
            Kind::Report => Asks::Report(Box::new(Reported::find(tx, item).await?)),
        };
        if let Asks::Report(report) = &asks
            && by.member().is_some_and(|by| by == report.reporter || by == row.member)
        {
            return Err(OWN.failure());
        }
        // Who applies has no card yet.
        let nickname = match &asks {
            Asks::Registration(asked) => asked.nickname.clone(),
            _ => row.nickname.ok_or_else(Failure::not_found)?,
        };
        Ok(Self { member: row.member, nickname, asks })
    }
}

async fn application(
    tx: &mut Tx,
    item: ItemId,
    member: MemberId,
    by: DecidedBy,
) -> Result<RegistrationApproved, Failure> {
    let asked = query!(
        r#"select nickname, gender as "gender: Gender", birthday, place, ideal_gender as "ideal_gender: Gender",
                  ideal_from, ideal_to, ideal_place
           from review.item_application where item = $1"#,
        item.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    let ideal = Ideal {
        gender: asked.ideal_gender,
        from: asked.ideal_from,
        to: asked.ideal_to,
        place: asked.ideal_place,
    };
    Ok(RegistrationApproved {
        member,
        nickname: asked.nickname,
        gender: asked.gender,
        birthday: asked.birthday,
        ideal,
        place: asked.place,
        by,
    })
}

async fn presentation(tx: &mut Tx, item: ItemId) -> Result<Asks, Failure> {
    let row = query!("select text from review.item_presentation where item = $1", item.uuid());
    Ok(Asks::Presentation(row.fetch_one(tx.conn()).await?.text))
}

async fn photo(tx: &mut Tx, item: ItemId) -> Result<Asks, Failure> {
    let row = query!(
        r#"select photo as "photo: PhotoId", alt from review.item_photo where item = $1"#,
        item.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Asks::Photo { photo: row.photo, alt: row.alt })
}

/// An event that found nothing to change came second.
pub(super) fn first(applied: Applied) -> Result<(), Failure> {
    if applied.changed() { Ok(()) } else { Err(DECIDED.failure()) }
}
