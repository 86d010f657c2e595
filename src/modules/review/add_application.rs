//! Puts applications into the queue. A member has one at most: only a rejected one may apply again.

use sqlx::query;

use super::item::{Kind, NewItem};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::register::contract::MemberRegistered;

pub(super) struct AddApplication;

impl Listener for AddApplication {
    type Event = MemberRegistered;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberRegistered>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let MemberRegistered { member, nickname, gender, birthday, ideal, place, application, .. } =
                &fact.event;
            let item = NewItem { id: fact.id, kind: Kind::Registration, member: *member, at: fact.at };
            if !item.add(tx).await? {
                continue;
            }
            let done = query!(
                "insert into review.item_application (item, nickname, gender, birthday, ideal_gender, ideal_from,
                                                      ideal_to, ideal_place, place, application)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                fact.id.uuid(),
                nickname,
                gender.code(),
                birthday,
                ideal.gender.code(),
                ideal.from,
                ideal.to,
                ideal.place as _,
                place,
                application
            );
            rows += done.execute(tx.conn()).await?.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}
