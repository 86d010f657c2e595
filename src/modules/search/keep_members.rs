//! Writes down who can be found.

use std::collections::HashMap;

use chrono::Datelike;
use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::review::contract::RegistrationApproved;
use crate::shared::{calendar, places};

pub(super) struct KeepMembers;

impl Listener for KeepMembers {
    type Event = RegistrationApproved;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<RegistrationApproved>],
    ) -> Result<Applied, Failure> {
        let events = || facts.iter().map(|fact| &fact.event);
        let members: Vec<_> = events().map(|e| e.member.uuid()).collect();
        // She may have been here already: that comes from another source.
        let seen = query!("select member, at from search.seen where member = any($1)", &members)
            .fetch_all(tx.conn())
            .await?;
        let seen: HashMap<_, _> = seen.into_iter().map(|row| (row.member, row.at)).collect();
        let last_here = |fact: &Recorded<RegistrationApproved>| {
            let (member, place) = (fact.event.member.uuid(), &fact.event.place);
            calendar::day(place, seen.get(&member).map_or(fact.at, |at| fact.at.max(*at)))
        };
        let done = query!(
            "insert into search.member (member, gender, birthday, birth_year, town, county, joined, seen_day)
             select member, gender, birthday, birth_year, town, county, joined,
                    last_here::timestamp at time zone 'utc'
             from unnest($1::uuid[], $2::text[], $3::date[], $4::int[], $5::text[], $6::text[], $7::timestamptz[],
                         $8::date[])
                  as row (member, gender, birthday, birth_year, town, county, joined, last_here)
             on conflict (member) do nothing",
            &members,
            &events().map(|e| e.gender.code().to_owned()).collect::<Vec<_>>(),
            &events().map(|e| e.birthday).collect::<Vec<_>>(),
            &events().map(|e| e.birthday.year()).collect::<Vec<_>>(),
            &events().map(|e| e.place.clone()).collect::<Vec<_>>(),
            &events().map(|e| places::county_of(&e.place).unwrap_or(&e.place).to_owned()).collect::<Vec<_>>(),
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>(),
            &facts.iter().map(last_here).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
