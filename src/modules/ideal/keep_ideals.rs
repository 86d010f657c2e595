//! Writes down whom a member looks for: first what she said when she joined, later what she says here.
//!
//! The two come from two sources, in either order: what she said when she joined never replaces anything.

use sqlx::query;

use super::contract::IdealUpdated;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::review::contract::RegistrationApproved;

pub(super) struct KeepFirst;

impl Listener for KeepFirst {
    type Event = RegistrationApproved;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<RegistrationApproved>],
    ) -> Result<Applied, Failure> {
        let events = || facts.iter().map(|fact| &fact.event);
        let done = query!(
            "insert into ideal.ideal (member, gender, from_age, to_age, place)
             select * from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::text[])
             on conflict (member) do nothing",
            &events().map(|e| e.member.uuid()).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.gender.code().to_owned()).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.from).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.to).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.place.clone()).collect::<Vec<_>>() as _
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}

pub(super) struct KeepUpdated;

impl Listener for KeepUpdated {
    type Event = IdealUpdated;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<IdealUpdated>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for IdealUpdated { member, ideal } in facts.iter().map(|fact| &fact.event) {
            let done = query!(
                "insert into ideal.ideal as kept (member, gender, from_age, to_age, place)
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
