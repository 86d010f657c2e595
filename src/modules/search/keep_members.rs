//! Writes down who can be found.

use chrono::Datelike;
use sqlx::query;

use crate::event::{Applied, Fact, Listener};
use crate::failure::Failure;
use crate::id::TypedId;
use crate::kit::places;
use crate::modules::review::contract::RegistrationApproved;
use crate::tx::Tx;

pub(super) struct KeepMembers;

impl Listener for KeepMembers {
    type Event = RegistrationApproved;

    async fn handle(&self, tx: &mut Tx, facts: &[Fact<RegistrationApproved>]) -> Result<Applied, Failure> {
        let events = || facts.iter().map(|fact| &fact.event);
        let done = query!(
            "insert into search.member (member, gender, birthday, birth_year, town, county, joined, seen_day)
             select row.member, row.gender, row.birthday, row.birth_year, row.town, row.county, row.joined,
                    -- She may have been here already: that comes from another source.
                    date_trunc('day', greatest(row.joined, s.at), 'utc')
             from unnest($1::uuid[], $2::text[], $3::date[], $4::int[], $5::text[], $6::text[], $7::timestamptz[])
                  as row (member, gender, birthday, birth_year, town, county, joined)
             left join search.seen s on s.member = row.member
             on conflict (member) do nothing",
            &events().map(|e| e.member.uuid()).collect::<Vec<_>>(),
            &events().map(|e| e.gender.code().to_owned()).collect::<Vec<_>>(),
            &events().map(|e| e.birthday).collect::<Vec<_>>(),
            &events().map(|e| e.birthday.year()).collect::<Vec<_>>(),
            &events().map(|e| e.place.clone()).collect::<Vec<_>>(),
            &events().map(|e| places::county_of(&e.place).unwrap_or(&e.place).to_owned()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
