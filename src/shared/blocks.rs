//! A module's own copy of who may not see whom: `<schema>.blocked_pair`.
//!
//! Two rows a block, one for either side, so that a list hides the pair from each other with one lookup:
//! `not exists (select from <schema>.blocked_pair p where p.viewer = $1 and p.other = …)`.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, query, query_scalar};

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::tx::Tx;
use crate::modules::block::contract::{MemberBlocked, MemberUnblocked};
use crate::shared::versions;

/// Hides a pair from each other.
pub struct AddPair {
    sql: Arc<str>,
    /// Who sees something else of a live module now, of the pairs `$1` and `$2` (blockers and blocked).
    wakes: Option<&'static str>,
}

/// Shows them to each other again, unless the other one blocks too.
pub struct RemovePair {
    sql: Arc<str>,
    /// Who sees something else of a live module now, of the pairs `$1` and `$2` (blockers and blocked).
    wakes: Option<&'static str>,
}

impl AddPair {
    pub fn of(schema: &str, wakes: Option<&'static str>) -> Self {
        let sql = format!(
            "insert into {schema}.blocked_pair (viewer, other, blocker)
             select one, two, blocker
             from unnest($1::uuid[], $2::uuid[]) as pair (blocker, blocked)
             cross join lateral (values (blocker, blocked), (blocked, blocker)) as both_ways (one, two)
             on conflict do nothing"
        );
        Self { sql: sql.into(), wakes }
    }
}

impl RemovePair {
    pub fn of(schema: &str, wakes: Option<&'static str>) -> Self {
        let sql = format!(
            "delete from {schema}.blocked_pair p using unnest($1::uuid[], $2::uuid[]) as pair (blocker, blocked)
             where p.blocker = pair.blocker
               and ((p.viewer, p.other) = (pair.blocker, pair.blocked)
                    or (p.viewer, p.other) = (pair.blocked, pair.blocker))"
        );
        Self { sql: sql.into(), wakes }
    }
}

impl Listener for AddPair {
    type Event = MemberBlocked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberBlocked>]) -> Result<Applied, Failure> {
        let pairs = facts.iter().map(|fact| (fact.event.member, fact.event.blocked));
        run(tx, &self.sql, self.wakes, pairs).await
    }
}

impl Listener for RemovePair {
    type Event = MemberUnblocked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberUnblocked>]) -> Result<Applied, Failure> {
        let pairs = facts.iter().map(|fact| (fact.event.member, fact.event.unblocked));
        run(tx, &self.sql, self.wakes, pairs).await
    }
}

async fn run(
    tx: &mut Tx,
    sql: &Arc<str>,
    wakes: Option<&'static str>,
    pairs: impl Iterator<Item = (MemberId, MemberId)>,
) -> Result<Applied, Failure> {
    let (blockers, blocked): (Vec<MemberId>, Vec<MemberId>) = pairs.unzip();
    let done = query(AssertSqlSafe(sql.clone())).bind(&blockers).bind(&blocked).execute(tx.conn()).await?;
    let applied = Applied::rows(done.rows_affected());
    if let Some(wakes) = wakes.filter(|_| applied.changed()) {
        let seen: Vec<MemberId> =
            query_scalar(wakes).bind(&blockers).bind(&blocked).fetch_all(tx.conn()).await?;
        versions::bump_pairs(tx, &seen, &blocked).await?;
    }
    Ok(applied)
}
