//! Alerts that she has seen count no longer, also those that come after the mark and are older.

use sqlx::{query, query_scalar};

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::alerts::contract::AlertRead;
use crate::shared::versions;

pub(super) struct RemoveSeen;

impl Listener for RemoveSeen {
    type Event = AlertRead;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<AlertRead>]) -> Result<Applied, Failure> {
        let mut applied = Applied::Nothing;
        for AlertRead { member, up_to, at } in facts.iter().map(|fact| &fact.event) {
            let moved = query!(
                "insert into nav.mark (member, at, alert) values ($1, $2, $3)
                 on conflict (member) do update set at = excluded.at, alert = excluded.alert
                 where (mark.at, mark.alert) < (excluded.at, excluded.alert)",
                member.uuid(),
                at,
                up_to.uuid()
            )
            .execute(tx.conn())
            .await?;
            if moved.rows_affected() == 0 {
                continue;
            }
            applied = Applied::Changed;
            let told = query_scalar!(
                r#"delete from nav.alert where member = $1 and (at, alert) <= ($2, $3)
                   returning member as "member: MemberId""#,
                member.uuid(),
                at,
                up_to.uuid()
            )
            .fetch_all(tx.conn())
            .await?;
            versions::bump(tx, told).await?;
        }
        Ok(applied)
    }
}
