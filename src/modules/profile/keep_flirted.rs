//! Remembers who has flirted with whom and waits for an answer.

use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::flirt::contract::FlirtSent;

pub(super) struct KeepFlirted;

impl Listener for KeepFlirted {
    type Event = FlirtSent;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<FlirtSent>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        // One by one: a flirt and its answer may be in one slice.
        for FlirtSent { from, to } in facts.iter().map(|fact| &fact.event) {
            let done = query!(
                "with answered as (delete from profile.flirted where sender = $2 and receiver = $1)
                 insert into profile.flirted (sender, receiver) values ($1, $2) on conflict do nothing",
                from.uuid(),
                to.uuid()
            )
            .execute(tx.conn())
            .await?;
            rows += done.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}
