//! An item of the queue, and what stops a second decision.

use sqlx::query;

use super::contract::{ItemId, RegistrationApproved};
use crate::kernel::event::Applied;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::kernel::tx::Tx;
use crate::shared::people::{DecidedBy, Gender, Ideal};

/// Another reviewer was first.
const DECIDED: Problem = Problem::conflict("review.decided", "This has been decided already.");
/// It is not what the reviewer read.
const REPLACED: Problem =
    Problem::conflict("review.replaced", "She has sent another text since. Read that one in the queue.");
/// What a decision is refused for.
pub(super) const REFUSALS: &[Problem] = &[DECIDED, REPLACED];

/// What waits for a decision.
#[derive(Debug)]
pub(super) enum Item {
    Registration(Box<RegistrationApproved>),
    Presentation { member: MemberId, nickname: String, text: String },
}

impl Item {
    pub(super) fn nickname(&self) -> &str {
        match self {
            Self::Registration(asked) => &asked.nickname,
            Self::Presentation { nickname, .. } => nickname,
        }
    }
}

/// What a reviewer is about to decide on, locked until she has: another one waits, and then finds it decided. An
/// application is given as the approval that `by` may publish.
pub(super) async fn waiting(tx: &mut Tx, item: ItemId, by: DecidedBy) -> Result<Item, Failure> {
    let row = query!(
        r#"select i.member as "member: MemberId", i.decision, i.text, i.gender as "gender: Gender", i.birthday, i.place,
                  i.ideal_gender as "ideal_gender: Gender", i.ideal_from, i.ideal_to, i.ideal_place,
                  coalesce(i.nickname, (select c.nickname from review.card c where c.member = i.member)) as nickname
           from review.item i where i.item = $1 for update of i"#,
        item.uuid()
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or_else(Failure::not_found)?;
    match row.decision.as_deref() {
        None => {}
        Some("replaced") => return Err(REPLACED.failure()),
        Some(_) => return Err(DECIDED.failure()),
    }
    let member = row.member;
    let nickname = row.nickname.ok_or_else(Failure::not_found)?;
    if let Some(text) = row.text {
        return Ok(Item::Presentation { member, nickname, text });
    }
    // The table's own check: an application says all of it.
    let (Some(gender), Some(birthday), Some(place)) = (row.gender, row.birthday, row.place) else {
        return Err(Failure::not_found());
    };
    let (Some(ideal_gender), Some(from), Some(to)) = (row.ideal_gender, row.ideal_from, row.ideal_to) else {
        return Err(Failure::not_found());
    };
    let ideal = Ideal { gender: ideal_gender, from, to, place: row.ideal_place };
    Ok(Item::Registration(Box::new(RegistrationApproved {
        member,
        nickname,
        gender,
        birthday,
        ideal,
        place,
        by,
    })))
}

/// An event that found nothing to change came second.
pub(super) fn first(applied: Applied) -> Result<(), Failure> {
    if applied.changed() { Ok(()) } else { Err(DECIDED.failure()) }
}
