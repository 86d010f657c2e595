//! An item of the queue, and what stops a second decision.

use chrono::NaiveDate;
use sqlx::query_as;

use super::contract::ItemId;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::kernel::tx::Tx;
use crate::shared::people::{Gender, Ideal};

/// Another reviewer was first.
pub(super) const DECIDED: Problem =
    Problem::conflict("review.decided", "This application has been decided already.");

/// An application as it waits.
#[derive(Debug)]
pub(super) struct Application {
    pub member: MemberId,
    pub nickname: String,
    pub gender: Gender,
    pub birthday: NaiveDate,
    pub place: String,
    ideal_gender: Gender,
    ideal_from: i32,
    ideal_to: i32,
    ideal_place: Option<String>,
    decision: Option<String>,
}

impl Application {
    pub(super) fn ideal(&self) -> Ideal {
        Ideal {
            gender: self.ideal_gender,
            from: self.ideal_from,
            to: self.ideal_to,
            place: self.ideal_place.clone(),
        }
    }
}

/// The application that a reviewer is about to decide on, locked until she has: another one waits, and then
/// finds it decided.
pub(super) async fn waiting(tx: &mut Tx, item: ItemId) -> Result<Application, Failure> {
    let application = query_as!(
        Application,
        r#"select member as "member: MemberId", nickname, gender as "gender: Gender", birthday, place,
                  ideal_gender as "ideal_gender: Gender", ideal_from, ideal_to, ideal_place, decision
           from review.item where item = $1 for update"#,
        item.uuid()
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or_else(Failure::not_found)?;
    match application.decision {
        None => Ok(application),
        Some(_) => Err(DECIDED.failure()),
    }
}
