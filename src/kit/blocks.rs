//! A module's own copy of who may not see whom: `<schema>.blocked_pair`.
//!
//! Two rows a block, one for either side, so that a list hides the pair from each other with one lookup:
//! `not exists (select from <schema>.blocked_pair p where p.viewer = $1 and p.other = …)`.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, query};

use crate::event::{Applied, Fact, Listener};
use crate::failure::Failure;
use crate::id::MemberId;
use crate::kit::versions;
use crate::modules::block::contract::{MemberBlocked, MemberUnblocked};
use crate::tx::Tx;

/// Hides a pair from each other.
pub struct AddPair {
    sql: Arc<str>,
    wakes: Sides,
}

/// Shows them to each other again, unless the other one blocks too.
pub struct RemovePair {
    sql: Arc<str>,
    wakes: Sides,
}

/// Who sees something else of a module after a block, and so gets a new version of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// Nobody is told: the module is not live.
    None,
    /// Who blocks. The other one must not notice.
    Blocker,
    Both,
}

impl AddPair {
    pub fn of(schema: &str, wakes: Sides) -> Self {
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
    pub fn of(schema: &str, wakes: Sides) -> Self {
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

    async fn handle(&self, tx: &mut Tx, facts: &[Fact<MemberBlocked>]) -> Result<Applied, Failure> {
        let pairs = facts.iter().map(|fact| (fact.event.member, fact.event.blocked));
        run(tx, &self.sql, self.wakes, pairs).await
    }
}

impl Listener for RemovePair {
    type Event = MemberUnblocked;

    async fn handle(&self, tx: &mut Tx, facts: &[Fact<MemberUnblocked>]) -> Result<Applied, Failure> {
        let pairs = facts.iter().map(|fact| (fact.event.member, fact.event.unblocked));
        run(tx, &self.sql, self.wakes, pairs).await
    }
}

async fn run(
    tx: &mut Tx,
    sql: &Arc<str>,
    wakes: Sides,
    pairs: impl Iterator<Item = (MemberId, MemberId)>,
) -> Result<Applied, Failure> {
    let (blockers, blocked): (Vec<MemberId>, Vec<MemberId>) = pairs.unzip();
    let done = query(AssertSqlSafe(sql.clone())).bind(&blockers).bind(&blocked).execute(tx.conn()).await?;
    let applied = Applied::rows(done.rows_affected());
    if applied.changed() {
        match wakes {
            Sides::None => {}
            Sides::Blocker => versions::bump(tx, blockers).await?,
            Sides::Both => versions::bump(tx, blockers.into_iter().chain(blocked)).await?,
        }
    }
    Ok(applied)
}
