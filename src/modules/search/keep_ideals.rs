//! Writes down whom each member looks for. Her own later word and her approval come from two sources, in either
//! order: hers is the last.

use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::ideal::contract::IdealUpdated;
use crate::modules::review::contract::RegistrationApproved;
use crate::shared::people::Ideal;

pub(super) struct KeepFirstIdeals;

pub(super) struct KeepIdeals;

impl Listener for KeepFirstIdeals {
    type Event = RegistrationApproved;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<RegistrationApproved>],
    ) -> Result<Applied, Failure> {
        keep(tx, facts.iter().map(|fact| (fact.event.member, &fact.event.ideal)), false).await
    }
}

impl Listener for KeepIdeals {
    type Event = IdealUpdated;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<IdealUpdated>]) -> Result<Applied, Failure> {
        keep(tx, facts.iter().map(|fact| (fact.event.member, &fact.event.ideal)), true).await
    }
}

/// Of several of one member, the last.
async fn keep<'a>(
    tx: &mut Tx,
    ideals: impl Iterator<Item = (MemberId, &'a Ideal)>,
    own: bool,
) -> Result<Applied, Failure> {
    let (members, ideals): (Vec<_>, Vec<_>) = ideals.map(|(member, ideal)| (member.uuid(), ideal)).unzip();
    let done = query!(
        "insert into search.ideal as kept (member, gender, youngest, oldest, place)
         select distinct on (member) member, gender, youngest, oldest, place
         from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::text[])
              with ordinality as row (member, gender, youngest, oldest, place, number)
         order by member, number desc
         on conflict (member) do update
         set gender = excluded.gender, youngest = excluded.youngest, oldest = excluded.oldest,
             place = excluded.place
         -- Her approval never replaces anything.
         where $6
           and (kept.gender, kept.youngest, kept.oldest, kept.place)
               is distinct from (excluded.gender, excluded.youngest, excluded.oldest, excluded.place)",
        &members,
        &ideals.iter().map(|ideal| ideal.gender.code().to_owned()).collect::<Vec<_>>(),
        &ideals.iter().map(|ideal| ideal.from).collect::<Vec<_>>(),
        &ideals.iter().map(|ideal| ideal.to).collect::<Vec<_>>(),
        &ideals.iter().map(|ideal| ideal.place.clone()).collect::<Vec<_>>() as _,
        own
    )
    .execute(tx.conn())
    .await?;
    Ok(Applied::rows(done.rows_affected()))
}
