//! Puts applications into the queue. A member has one at most: only a rejected one may apply again.

use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::register::contract::MemberRegistered;

pub(super) struct AddApplication;

impl Listener for AddApplication {
    type Event = MemberRegistered;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberRegistered>]) -> Result<Applied, Failure> {
        let events = || facts.iter().map(|fact| &fact.event);
        let done = query!(
            "insert into review.item (kind, item, member, nickname, gender, birthday, ideal_gender, ideal_from,
                                      ideal_to, ideal_place, place, application, at)
             select 'registration', * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::date[], $6::text[],
                                  $7::int[], $8::int[], $9::text[], $10::text[], $11::int[], $12::timestamptz[])
             on conflict do nothing",
            &facts.iter().map(|fact| fact.id.uuid()).collect::<Vec<_>>(),
            &events().map(|e| e.member.uuid()).collect::<Vec<_>>(),
            &events().map(|e| e.nickname.clone()).collect::<Vec<_>>(),
            &events().map(|e| e.gender.code().to_owned()).collect::<Vec<_>>(),
            &events().map(|e| e.birthday).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.gender.code().to_owned()).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.from).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.to).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.place.clone()).collect::<Vec<_>>() as _,
            &events().map(|e| e.place.clone()).collect::<Vec<_>>(),
            &events().map(|e| e.application).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
