//! A module's own copy of who may see whose private album: `<schema>.access`.
//!
//! Grants and blocks come from two sources, in either order. So a row keeps the last of each, and the album is open where
//! `granted > blocked`: a block takes access back for good, both ways, and only a later grant gives it again.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgExecutor, query, query_scalar};

use crate::bus::Entry;
use crate::kernel::event::{Applied, Event, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::module::ModuleSpec;
use crate::kernel::tx::Tx;
use crate::modules::album::contract::{PrivateAlbumAccessGranted, PrivateAlbumAccessRevoked};
use crate::modules::block::contract::MemberBlocked;

/// Writes down whom an album was opened to.
pub struct GrantAccess(Arc<str>);

/// Writes down from whom it was taken back.
pub struct RevokeAccess(Arc<str>);

/// Writes down when a pair was blocked.
pub struct BlockAccess(Arc<str>);

impl GrantAccess {
    pub fn of(schema: &str) -> Self {
        let sql = format!(
            "insert into {schema}.access as kept (owner, member, granted)
             select owner, member, max(at) from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as row (owner, member, at)
             group by owner, member order by owner, member
             on conflict (owner, member) do update set granted = excluded.granted
             where kept.granted is null or kept.granted < excluded.granted"
        );
        Self(sql.into())
    }
}

impl RevokeAccess {
    pub fn of(schema: &str) -> Self {
        let sql = format!(
            "update {schema}.access a set granted = null
             from (select distinct owner, member
                   from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as row (owner, member, at)) as gone
             where a.owner = gone.owner and a.member = gone.member and a.granted is not null"
        );
        Self(sql.into())
    }
}

impl BlockAccess {
    pub fn of(schema: &str) -> Self {
        let sql = format!(
            "insert into {schema}.access as kept (owner, member, blocked)
             select owner, member, max(at)
             from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as pair (blocker, other, at)
             cross join lateral (values (blocker, other), (other, blocker)) as both_ways (owner, member)
             group by owner, member order by owner, member
             on conflict (owner, member) do update set blocked = excluded.blocked where kept.blocked < excluded.blocked"
        );
        Self(sql.into())
    }
}

impl Listener for GrantAccess {
    type Event = PrivateAlbumAccessGranted;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PrivateAlbumAccessGranted>],
    ) -> Result<Applied, Failure> {
        run(tx, &self.0, facts, |event| (event.owner, event.member)).await
    }
}

impl Listener for RevokeAccess {
    type Event = PrivateAlbumAccessRevoked;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PrivateAlbumAccessRevoked>],
    ) -> Result<Applied, Failure> {
        run(tx, &self.0, facts, |event| (event.owner, event.member)).await
    }
}

impl Listener for BlockAccess {
    type Event = MemberBlocked;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberBlocked>]) -> Result<Applied, Failure> {
        run(tx, &self.0, facts, |event| (event.member, event.blocked)).await
    }
}

/// A revocation as the journal of `album` numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// Its place in that journal.
    pub number: i64,
    pub at: DateTime<Utc>,
    pub owner: MemberId,
    pub member: MemberId,
}

impl Revocation {
    /// Nothing of an entry that was erased.
    pub fn of(entry: &Entry) -> Option<Self> {
        let PrivateAlbumAccessRevoked { owner, member } =
            serde_json::from_str(entry.payload.as_deref()?.get()).ok()?;
        Some(Self { number: entry.pos, at: entry.at, owner, member })
    }
}

/// Of these revocations, the numbers of those whose grant a module's copy still has. A later grant does not count.
///
/// # Errors
/// If the database does not answer.
pub async fn still_granted(
    db: impl PgExecutor<'_>,
    spec: &ModuleSpec,
    revoked: &[Revocation],
) -> Result<HashSet<i64>, Failure> {
    let sql = format!(
        "select number from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::timestamptz[])
                            as revoked (number, owner, member, at)
         join {}.access a using (owner, member) where a.granted <= revoked.at",
        spec.schema
    );
    let still = query_scalar(AssertSqlSafe(sql))
        .bind(revoked.iter().map(|it| it.number).collect::<Vec<_>>())
        .bind(revoked.iter().map(|it| it.owner).collect::<Vec<_>>())
        .bind(revoked.iter().map(|it| it.member).collect::<Vec<_>>())
        .bind(revoked.iter().map(|it| it.at).collect::<Vec<_>>())
        .fetch_all(db)
        .await?;
    Ok(still.into_iter().collect())
}

async fn run<E: Event>(
    tx: &mut Tx,
    sql: &Arc<str>,
    facts: &[Recorded<E>],
    pair: impl Fn(&E) -> (MemberId, MemberId),
) -> Result<Applied, Failure> {
    let (ones, others): (Vec<MemberId>, Vec<MemberId>) = facts.iter().map(|fact| pair(&fact.event)).unzip();
    let at: Vec<DateTime<Utc>> = facts.iter().map(|fact| fact.at).collect();
    let done = query(AssertSqlSafe(sql.clone())).bind(ones).bind(others).bind(at);
    Ok(Applied::rows(done.execute(tx.conn()).await?.rows_affected()))
}
