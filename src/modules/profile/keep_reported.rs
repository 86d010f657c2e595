//! Writes down who reported what. The same again within a week says nothing new.

use chrono::TimeDelta;
use sqlx::query;

use super::contract::ProfileReported;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

/// After this, what is reported may have changed, or was decided on.
pub(super) const AGAIN_AFTER: TimeDelta = TimeDelta::days(7);

pub(super) struct KeepReported;

impl Listener for KeepReported {
    type Event = ProfileReported;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<ProfileReported>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let ProfileReported { reporter, member, photo, .. } = &fact.event;
            let done = query!(
                "insert into profile.reported as known (reporter, member, photo, at) values ($1, $2, $3, $4)
                 on conflict (reporter, member, photo) do update set at = excluded.at where known.at < $5",
                reporter.uuid(),
                member.uuid(),
                photo.map(TypedId::uuid),
                fact.at,
                fact.at - AGAIN_AFTER
            )
            .execute(tx.conn())
            .await?;
            rows += done.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}
