//! Writes down who may do what.

use sqlx::query;

use super::contract::{RoleGranted, RoleRevoked};
use crate::bus::Signal;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

pub(super) struct AddRole;

impl Listener for AddRole {
    type Event = RoleGranted;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<RoleGranted>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for RoleGranted { member, role, .. } in facts.iter().map(|fact| &fact.event) {
            let done = query!(
                "insert into register.role (member, role) values ($1, $2) on conflict do nothing",
                member.uuid(),
                role.code()
            )
            .execute(tx.conn())
            .await?;
            rows += done.rows_affected();
            tx.signal(Signal::ActorChanged(*member));
        }
        Ok(Applied::rows(rows))
    }
}

pub(super) struct RemoveRole;

impl Listener for RemoveRole {
    type Event = RoleRevoked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<RoleRevoked>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for RoleRevoked { member, role, .. } in facts.iter().map(|fact| &fact.event) {
            let done = query!(
                "delete from register.role where member = $1 and role = $2",
                member.uuid(),
                role.code()
            )
            .execute(tx.conn())
            .await?;
            rows += done.rows_affected();
            tx.signal(Signal::ActorChanged(*member));
        }
        Ok(Applied::rows(rows))
    }
}
