//! Writes down whom each reader looks for. What she said when she joined never replaces what she said later.

use sqlx::{query, query_scalar};

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::ideal::contract::IdealUpdated;
use crate::modules::review::contract::RegistrationApproved;
use crate::shared::versions;

pub(super) struct KeepFirst;

impl Listener for KeepFirst {
    type Event = RegistrationApproved;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<RegistrationApproved>],
    ) -> Result<Applied, Failure> {
        let events = || facts.iter().map(|fact| &fact.event);
        let new = query_scalar!(
            r#"insert into news.ideal (member, gender, from_age, to_age, place)
               select * from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::text[])
               on conflict (member) do nothing
               returning member as "member: MemberId""#,
            &events().map(|e| e.member.uuid()).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.gender.code().to_owned()).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.from).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.to).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.place.clone().unwrap_or_default()).collect::<Vec<_>>()
        )
        .fetch_all(tx.conn())
        .await?;
        let applied = Applied::any(&new);
        versions::bump(tx, new).await?;
        Ok(applied)
    }
}

pub(super) struct KeepUpdated;

impl Listener for KeepUpdated {
    type Event = IdealUpdated;

    /// Her version is the sum of her own and of what she shares with all who look for the same. Another ideal is
    /// another part of it, perhaps a smaller one: her own grows by so much more that the sum grows, too.
    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<IdealUpdated>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for IdealUpdated { member, ideal } in facts.iter().map(|fact| &fact.event) {
            let done = query!(
                "with before as (
                     select coalesce(s.version, 0) as shared from news.ideal i
                     left join news.shard s on s.gender = i.gender and s.place = i.place
                     where i.member = $1
                 ), changed as (
                     insert into news.ideal as kept (member, gender, from_age, to_age, place)
                     values ($1, $2, $3, $4, $5)
                     on conflict (member) do update
                     set gender = excluded.gender, from_age = excluded.from_age, to_age = excluded.to_age,
                         place = excluded.place
                     where (kept.gender, kept.from_age, kept.to_age, kept.place)
                           is distinct from (excluded.gender, excluded.from_age, excluded.to_age, excluded.place)
                     returning member, gender, place
                 )
                 insert into news.version as kept (member, version)
                 select c.member, 1 + greatest(0, coalesce(b.shared, 0) - coalesce(s.version, 0))
                 from changed c
                 left join before b on true
                 left join news.shard s on s.gender = c.gender and s.place = c.place
                 on conflict (member) do update set version = kept.version + excluded.version",
                member.uuid(),
                ideal.gender.code(),
                ideal.from,
                ideal.to,
                ideal.place.as_deref().unwrap_or_default()
            )
            .execute(tx.conn())
            .await?;
            rows += done.rows_affected();
        }
        if rows > 0 {
            versions::shared(tx);
        }
        Ok(Applied::rows(rows))
    }
}
