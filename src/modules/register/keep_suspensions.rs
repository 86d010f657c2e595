//! Writes down who is suspended.

use sqlx::query;

use super::contract::{MemberReadmitted, MemberSuspended};
use crate::bus::Signal;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

pub(super) struct AddSuspension;

impl Listener for AddSuspension {
    type Event = MemberSuspended;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberSuspended>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for MemberSuspended { member, .. } in facts.iter().map(|fact| &fact.event) {
            let done = query!(
                "insert into register.suspension (member) values ($1) on conflict do nothing",
                member.uuid()
            )
            .execute(tx.conn())
            .await?;
            rows += done.rows_affected();
            tx.signal(Signal::ActorChanged(*member));
        }
        Ok(Applied::rows(rows))
    }
}

pub(super) struct RemoveSuspension;

impl Listener for RemoveSuspension {
    type Event = MemberReadmitted;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberReadmitted>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for MemberReadmitted { member, .. } in facts.iter().map(|fact| &fact.event) {
            let done = query!("delete from register.suspension where member = $1", member.uuid())
                .execute(tx.conn())
                .await?;
            rows += done.rows_affected();
            tx.signal(Signal::ActorChanged(*member));
        }
        Ok(Applied::rows(rows))
    }
}
