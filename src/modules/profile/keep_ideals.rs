//! Writes down whom a member looks for, once that is not what she said when she joined.

use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::ideal::contract::IdealUpdated;

pub(super) struct KeepIdeals;

impl Listener for KeepIdeals {
    type Event = IdealUpdated;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<IdealUpdated>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for IdealUpdated { member, ideal } in facts.iter().map(|fact| &fact.event) {
            let done = query!(
                "insert into profile.ideal as kept (member, gender, from_age, to_age, place)
                 values ($1, $2, $3, $4, $5)
                 on conflict (member) do update
                 set gender = excluded.gender, from_age = excluded.from_age, to_age = excluded.to_age,
                     place = excluded.place
                 where (kept.gender, kept.from_age, kept.to_age, kept.place)
                       is distinct from (excluded.gender, excluded.from_age, excluded.to_age, excluded.place)",
                member.uuid(),
                ideal.gender.code(),
                ideal.from,
                ideal.to,
                ideal.place.as_deref()
            )
            .execute(tx.conn())
            .await?;
            rows += done.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}
