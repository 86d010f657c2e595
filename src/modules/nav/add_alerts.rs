//! Counts what others did, unless she has seen it: one listener for every event that makes an alert.

use std::marker::PhantomData;

use sqlx::query_scalar;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::shared::alerting::{Alert, Alerting};
use crate::shared::versions;

pub(super) struct AddAlerts<E>(PhantomData<fn(E)>);

impl<E> AddAlerts<E> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: Alerting> Listener for AddAlerts<E> {
    type Event = E;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<E>]) -> Result<Applied, Failure> {
        let alerts: Vec<Alert<'_>> = facts.iter().map(|fact| fact.event.alert()).collect();
        let told = query_scalar!(
            r#"insert into nav.alert (alert, member, actor, photo, at)
               select row.alert, row.member, row.actor, row.photo, row.at
               from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[])
                    as row (alert, member, actor, photo, at)
               left join nav.mark m on m.member = row.member
               where (m.member is null or (row.at, row.alert) > (m.at, m.alert))
                 and (row.actor is null or not exists (select from nav.photo p where p.photo = row.photo and p.deleted))
               on conflict (alert) do nothing
               returning member as "member: MemberId""#,
            &facts.iter().map(|fact| fact.id.uuid()).collect::<Vec<_>>(),
            &alerts.iter().map(|alert| alert.member.uuid()).collect::<Vec<_>>(),
            &alerts.iter().map(|alert| alert.actor.map(TypedId::uuid)).collect::<Vec<_>>() as _,
            &alerts.iter().map(|alert| alert.photo.map(TypedId::uuid)).collect::<Vec<_>>() as _,
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>()
        )
        .fetch_all(tx.conn())
        .await?;
        let applied = Applied::any(&told);
        versions::bump(tx, told).await?;
        Ok(applied)
    }
}
