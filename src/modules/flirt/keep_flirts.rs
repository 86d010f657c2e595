//! Writes flirts down: one open flirt a pair, closed when the other one flirts back.

use sqlx::query;

use super::contract::FlirtSent;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

pub(super) struct KeepFlirts;

impl Listener for KeepFlirts {
    type Event = FlirtSent;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<FlirtSent>]) -> Result<Applied, Failure> {
        let mut applied = Applied::Nothing;
        // One by one: a flirt and its answer may be in one slice, and only the own commands come here.
        for fact in facts {
            let FlirtSent { from, to } = fact.event;
            // Of two flirts that cross, one has to answer the other: at the same moment neither would see the
            // other's row, both would stay open, and neither of the two could ever flirt again.
            query!(
                "select from pg_advisory_xact_lock(
                     hashtextextended('flirt' || least($1::uuid, $2)::text || greatest($1, $2)::text, 0))",
                from.uuid(),
                to.uuid()
            )
            .execute(tx.conn())
            .await?;
            let kept = query!(
                "insert into flirt.flirt (flirt, sender, receiver, at) values ($1, $2, $3, $4)
                 on conflict (sender, receiver) where not answered do nothing",
                fact.id.uuid(),
                from.uuid(),
                to.uuid(),
                fact.at
            )
            .execute(tx.conn())
            .await?;
            if kept.rows_affected() == 0 {
                continue;
            }
            applied = Applied::Changed;
            query!(
                "update flirt.flirt set answered = true where sender = $1 and receiver = $2 and not answered",
                to.uuid(),
                from.uuid()
            )
            .execute(tx.conn())
            .await?;
        }
        Ok(applied)
    }
}
