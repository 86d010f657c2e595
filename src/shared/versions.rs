//! What a member sees of a live module has a version: `<schema>.version`.
//!
//! It grows in the very transaction that changes what she sees, so a reader of version and content afterwards,
//! in this order, can miss nothing: a change in between makes the version that she has an old one.
//!
//! Where many members see the same change, a module has a view `<schema>.shown_version` that adds a version of what
//! they share ([`crate::kernel::module::Kit::SharedVersions`]). Nobody knows then whom a change reaches: each node reads the
//! versions of those who wait on it, once a second at most.

use sqlx::{AssertSqlSafe, PgExecutor, query_as, query_scalar};

use crate::bus::{Bump, Signal};
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::module::ModuleSpec;
use crate::kernel::tx::Tx;

/// Gives new versions to these members, and tells every node after the commit.
///
/// # Errors
/// If the database does not answer.
pub async fn bump(tx: &mut Tx, members: impl IntoIterator<Item = MemberId>) -> Result<(), Failure> {
    let members: Vec<MemberId> = members.into_iter().collect();
    if members.is_empty() {
        return Ok(());
    }
    let spec = tx.spec();
    // In the order of the ids, so that two transactions never wait for each other.
    let sql = format!(
        "insert into {}.version as kept (member, version)
         select distinct member, 1::bigint from unnest($1::uuid[]) as changed (member) order by member
         on conflict (member) do update set version = kept.version + 1
         returning member, version",
        spec.schema
    );
    let rows: Vec<(MemberId, i64)> = query_as(AssertSqlSafe(sql)).bind(&members).fetch_all(tx.conn()).await?;
    if spec.shares_versions() {
        shared(tx);
        return Ok(());
    }
    tx.bumped(rows.into_iter().map(|(member, version)| Bump { module: spec.name, member, version }));
    Ok(())
}

/// The same after a block or its end: those in `heard` get new versions, and those in `unheard` see something else
/// without being told ([`State`]).
///
/// # Errors
/// If the database does not answer.
pub async fn bump_pairs(tx: &mut Tx, heard: &[MemberId], unheard: &[MemberId]) -> Result<(), Failure> {
    let spec = tx.spec();
    // In the order of the ids, too.
    let sql = format!(
        "insert into {}.version as kept (member, version, unheard)
         select member, max(heard), max(unheard)
         from (select member, 1::bigint as heard, 0::bigint as unheard from unnest($1::uuid[]) as one (member)
               union all select member, 0, 1 from unnest($2::uuid[]) as other (member)) as changed
         group by member order by member
         on conflict (member) do update
         set version = kept.version + excluded.version, unheard = kept.unheard + excluded.unheard
         returning member, version",
        spec.schema
    );
    let rows: Vec<(MemberId, i64)> =
        query_as(AssertSqlSafe(sql)).bind(heard).bind(unheard).fetch_all(tx.conn()).await?;
    if heard.is_empty() {
        return Ok(());
    }
    if spec.shares_versions() {
        shared(tx);
        return Ok(());
    }
    let rows = rows.into_iter().filter(|(member, _)| heard.contains(member));
    tx.bumped(rows.map(|(member, version)| Bump { module: spec.name, member, version }));
    Ok(())
}

/// What the numbers of a member depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    pub version: i64,
    /// How often a block has changed what she sees, of which she is not told.
    pub unheard: i64,
}

/// The member's state now.
///
/// # Errors
/// If the database does not answer.
pub async fn state(db: impl PgExecutor<'_>, spec: &ModuleSpec, member: MemberId) -> Result<State, Failure> {
    let sql = format!(
        "select coalesce((select version from {schema}.{shown} where member = $1), 0),
                coalesce((select unheard from {schema}.version where member = $1), 0)",
        schema = spec.schema,
        shown = spec.versions()
    );
    let (version, unheard) = query_as(AssertSqlSafe(sql)).bind(member).fetch_one(db).await?;
    Ok(State { version, unheard })
}

/// Tells every node after the commit that something has changed which many members see.
pub fn shared(tx: &mut Tx) {
    let module = tx.spec().name;
    tx.signal(Signal::Shared(module));
}

/// The member's version now; 0 before anything happened.
///
/// # Errors
/// If the database does not answer.
pub async fn of(db: impl PgExecutor<'_>, spec: &ModuleSpec, member: MemberId) -> Result<i64, Failure> {
    let sql = format!("select version from {}.{} where member = $1", spec.schema, spec.versions());
    let version: Option<i64> = query_scalar(AssertSqlSafe(sql)).bind(member).fetch_optional(db).await?;
    Ok(version.unwrap_or_default())
}

/// The versions of many members. Who is missing has seen nothing happen yet.
///
/// # Errors
/// If the database does not answer.
pub async fn of_many(
    db: impl PgExecutor<'_>,
    spec: &ModuleSpec,
    members: &[MemberId],
) -> Result<Vec<(MemberId, i64)>, Failure> {
    let (schema, table) = (spec.schema, spec.versions());
    let sql = format!("select member, version from {schema}.{table} where member = any($1)");
    Ok(query_as(AssertSqlSafe(sql)).bind(members).fetch_all(db).await?)
}
