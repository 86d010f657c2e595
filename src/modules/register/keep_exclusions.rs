//! Writes down whom reviewers have excluded. Every login that is older ends at once, on every node.

use sqlx::query;

use crate::bus::Signal;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::review::contract::{ExclusionLifted, MemberExcluded};

pub(super) struct AddExclusions;
pub(super) struct RemoveExclusions;

impl Listener for AddExclusions {
    type Event = MemberExcluded;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberExcluded>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        // The last word counts.
        for fact in facts {
            let MemberExcluded { member, until, reason, .. } = &fact.event;
            let done = query!(
                "insert into register.exclusion (member, at, until, reason) values ($1, $2, $3, $4)
                 on conflict (member) do update set at = excluded.at, until = excluded.until, reason = excluded.reason",
                member.uuid(),
                fact.at,
                *until,
                reason
            );
            rows += done.execute(tx.conn()).await?.rows_affected();
            tx.signal(Signal::ActorChanged(*member));
        }
        Ok(Applied::rows(rows))
    }
}

impl Listener for RemoveExclusions {
    type Event = ExclusionLifted;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<ExclusionLifted>]) -> Result<Applied, Failure> {
        let members: Vec<_> = facts.iter().map(|fact| fact.event.member.uuid()).collect();
        let done = query!("delete from register.exclusion where member = any($1)", &members);
        Ok(Applied::rows(done.execute(tx.conn()).await?.rows_affected()))
    }
}
