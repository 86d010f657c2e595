//! Writes down who hides. When she was last here stays as it was.

use sqlx::query;

use super::contract::{OnlineHidden, OnlineShown};
use crate::bus::Signal;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

pub(super) struct AddHidden;

pub(super) struct RemoveHidden;

impl Listener for AddHidden {
    type Event = OnlineHidden;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<OnlineHidden>]) -> Result<Applied, Failure> {
        let members: Vec<_> = facts.iter().map(|fact| fact.event.member.uuid()).collect();
        let done = query!(
            "insert into online.hidden (member) select * from unnest($1::uuid[]) on conflict do nothing",
            &members
        )
        .execute(tx.conn())
        .await?;
        facts.iter().for_each(|fact| tx.signal(Signal::Hidden { member: fact.event.member, hidden: true }));
        Ok(Applied::rows(done.rows_affected()))
    }
}

impl Listener for RemoveHidden {
    type Event = OnlineShown;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<OnlineShown>]) -> Result<Applied, Failure> {
        let members: Vec<_> = facts.iter().map(|fact| fact.event.member.uuid()).collect();
        let done =
            query!("delete from online.hidden where member = any($1)", &members).execute(tx.conn()).await?;
        facts.iter().for_each(|fact| tx.signal(Signal::Hidden { member: fact.event.member, hidden: false }));
        Ok(Applied::rows(done.rows_affected()))
    }
}
