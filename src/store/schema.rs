//! The schema of each module: found as it is, or made and migrated where it is missing or older.
//!
//! Nearly every start finds everything there, so that is what three questions find out, without a lock. Whatever else it
//! is, the migrator of each module sees for itself, one node at a time.

use std::collections::HashMap;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AssertSqlSafe, Executor, PgConnection, query, query_as, query_scalar};

use super::{Lifetime, StoreError};
use crate::kernel::module::{Kit, ModuleSpec};

/// Any number, the same in all binaries: who migrates holds this advisory lock.
const MIGRATION_LOCK: i64 = 0x0070_616e_6361_6b65;

/// The tables that every module has for its events.
static SPINE: Migrator = sqlx::migrate!("schemas/spine");
/// The tables that modules have which show people.
static PEOPLE: Migrator = sqlx::migrate!("schemas/kit");
/// The table that live modules have.
static VERSIONS: Migrator = sqlx::migrate!("schemas/versions");
/// The table of those modules that keep who may see whose private album.
static ACCESS: Migrator = sqlx::migrate!("schemas/access");

/// Who owns a schema that is there.
#[derive(Clone)]
enum Owner {
    /// A role that this database user may enter.
    Role(String),
    /// This user itself, who could make no roles then.
    Myself,
    /// A role that this user has still to be given.
    Foreign(String),
}

/// What has been applied, by schema and table: version, checksum, and whether it went well.
type Applied = HashMap<(String, String), Vec<(i64, Vec<u8>, bool)>>;

/// The role of each module, in this order, with everything in its schema; nothing for a role where this database user
/// may not make any. `what` names the place in errors. Who does not stay makes nothing.
pub(super) async fn found(
    conn: &mut PgConnection,
    what: &str,
    specs: &[&ModuleSpec],
    stay: Lifetime,
) -> Result<Vec<Option<String>>, StoreError> {
    let refused = |error| StoreError::from_connect(error, what);
    let owners = owners(conn, specs).await.map_err(refused)?;
    let applied = applied(conn, specs).await.map_err(refused)?;
    let (mut roles, mut locked) = (Vec::new(), false);
    for &spec in specs {
        let role = match owners.get(spec.schema) {
            Some(Owner::Role(role)) if is_whole(spec, &applied) => Some(role.clone()),
            Some(Owner::Myself) if is_whole(spec, &applied) => None,
            _ if stay == Lifetime::Brief => {
                return Err(StoreError::NotFounded { what: what.to_owned(), module: spec.name });
            }
            owner => {
                if !locked {
                    let lock = query("select pg_advisory_lock($1)").bind(MIGRATION_LOCK);
                    lock.execute(&mut *conn).await.map_err(refused)?;
                    locked = true;
                }
                make(conn, what, spec, owner.cloned()).await?
            }
        };
        if role.is_none() {
            let schema = spec.schema;
            tracing::warn!(schema, "this database user may not create roles: modules are not fenced off");
        }
        roles.push(role);
    }
    Ok(roles)
}

/// What a module's schema consists of: each migrator with the table in which it writes down what it has applied.
fn migrators(spec: &ModuleSpec) -> Vec<(&Migrator, &'static str)> {
    let kits = spec.kit.iter().map(|kit| match kit {
        Kit::People => (&PEOPLE, "kit_migrations"),
        Kit::Versions | Kit::SharedVersions => (&VERSIONS, "versions_migrations"),
        Kit::Access => (&ACCESS, "access_migrations"),
    });
    let mut all = vec![(&SPINE, "spine_migrations")];
    all.extend(kits);
    all.push((&spec.migrations, "migrations"));
    all
}

async fn owners(
    conn: &mut PgConnection,
    specs: &[&ModuleSpec],
) -> Result<HashMap<String, Owner>, sqlx::Error> {
    let rows: Vec<(String, String, bool, bool)> = query_as(
        "select nspname::text, rolname::text, rolname = current_user, pg_has_role(r.oid, 'usage')
         from pg_namespace n join pg_roles r on r.oid = n.nspowner where nspname = any($1)",
    )
    .bind(specs.iter().map(|spec| spec.schema).collect::<Vec<_>>())
    .fetch_all(&mut *conn)
    .await?;
    let owner = |(schema, role, myself, usable)| match (myself, usable) {
        (true, _) => (schema, Owner::Myself),
        (false, true) => (schema, Owner::Role(role)),
        (false, false) => (schema, Owner::Foreign(role)),
    };
    Ok(rows.into_iter().map(owner).collect())
}

async fn applied(conn: &mut PgConnection, specs: &[&ModuleSpec]) -> Result<Applied, sqlx::Error> {
    let wanted =
        specs.iter().flat_map(|spec| migrators(spec).into_iter().map(|(_, table)| (spec.schema, table)));
    let (schemas, tables): (Vec<&str>, Vec<&str>) = wanted.unzip();
    // Those that are there, and that this user may read.
    let there: Vec<(String, String)> = query_as(
        "select nspname::text, relname::text
         from unnest($1::text[], $2::text[]) as wanted (schema, name)
         join pg_namespace n on nspname = wanted.schema
         join pg_class c on relnamespace = n.oid and relname = wanted.name
         where has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')",
    )
    .bind(schemas)
    .bind(tables)
    .fetch_all(&mut *conn)
    .await?;
    let mut all: Applied = there.iter().map(|place| (place.clone(), Vec::new())).collect();
    let each = there.iter().map(|(schema, table)| {
        format!("select '{schema}', '{table}', version, checksum, success from {schema}.{table}")
    });
    let all_of_them = each.collect::<Vec<_>>().join(" union all ");
    if all_of_them.is_empty() {
        return Ok(all);
    }
    let rows: Vec<(String, String, i64, Vec<u8>, bool)> =
        query_as(AssertSqlSafe(all_of_them)).fetch_all(&mut *conn).await?;
    for (schema, table, version, checksum, success) in rows {
        all.entry((schema, table)).or_default().push((version, checksum, success));
    }
    Ok(all)
}

/// True if exactly what this binary knows was applied, all of it well.
fn is_whole(spec: &ModuleSpec, applied: &Applied) -> bool {
    migrators(spec).into_iter().all(|(migrator, table)| {
        let Some(applied) = applied.get(&(spec.schema.to_owned(), table.to_owned())) else { return false };
        let known = |version: i64, checksum: &[u8]| {
            migrator.iter().any(|known| known.version == version && *known.checksum == *checksum)
        };
        applied.len() == migrator.iter().count()
            && applied.iter().all(|(version, checksum, success)| *success && known(*version, checksum))
    })
}

/// Makes the module's role and schema where they are missing, and migrates it.
async fn make(
    conn: &mut PgConnection,
    what: &str,
    spec: &ModuleSpec,
    owner: Option<Owner>,
) -> Result<Option<String>, StoreError> {
    let refused = |error| StoreError::from_connect(error, what);
    let role = role(conn, spec.schema, owner).await.map_err(refused)?;
    let owner = role.as_ref().map_or_else(String::new, |role| format!(" authorization \"{role}\""));
    let create = format!("create schema if not exists {}{owner}", spec.schema);
    conn.execute(AssertSqlSafe(create)).await.map_err(refused)?;
    let enter = role.as_ref().map_or_else(String::new, |role| format!("set role \"{role}\";"));
    let enter = format!("{enter} set search_path to {}", spec.schema);
    conn.execute(AssertSqlSafe(enter)).await.map_err(refused)?;
    for (migrator, table) in migrators(spec) {
        migrate(conn, spec, migrator, table).await?;
    }
    conn.execute("reset role; reset search_path").await.map_err(refused)?;
    Ok(role)
}

/// The module's role: the owner of its schema, whatever that is called, since a backup may be restored into a database of
/// another name. A new one is named after the database, too: roles belong to the whole cluster.
async fn role(
    conn: &mut PgConnection,
    schema: &str,
    owner: Option<Owner>,
) -> Result<Option<String>, sqlx::Error> {
    let (role, make) = match owner {
        Some(Owner::Role(role)) => return Ok(Some(role)),
        Some(Owner::Myself) => return Ok(None),
        Some(Owner::Foreign(role)) => (role, false),
        None => {
            let database: String =
                query_scalar("select current_database()::text").fetch_one(&mut *conn).await?;
            let role = format!("{database}_{schema}").replace('"', "");
            let known: Option<bool> = query_scalar(
                "select pg_has_role(current_user, oid, 'usage') from pg_roles where rolname = $1",
            )
            .bind(&role)
            .fetch_optional(&mut *conn)
            .await?;
            if known == Some(true) {
                return Ok(Some(role));
            }
            (role, known.is_none())
        }
    };
    let make = if make { format!("create role \"{role}\" nologin;") } else { String::new() };
    let statements = format!("{make} grant \"{role}\" to current_user");
    match conn.execute(AssertSqlSafe(statements)).await {
        Ok(_) => Ok(Some(role)),
        Err(sqlx::Error::Database(db)) if db.code().as_deref() == Some("42501") => Ok(None),
        Err(error) => Err(error),
    }
}

async fn migrate(
    conn: &mut PgConnection,
    spec: &ModuleSpec,
    source: &Migrator,
    table: &str,
) -> Result<(), StoreError> {
    let mut migrator = Migrator::with_migrations(source.migrations.to_vec());
    migrator.dangerous_set_table_name(format!("{}.{table}", spec.schema));
    migrator.set_locking(false);
    migrator.run_direct(None, conn, false).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => {
            StoreError::SchemaNewer { module: spec.name.to_owned(), version }
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            StoreError::from_connect(error, &format!("schema {}", spec.schema))
        }
        other => StoreError::Migration { module: spec.name.to_owned(), said: other.to_string() },
    })
}
