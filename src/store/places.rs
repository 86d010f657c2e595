//! Where the modules of the site live, as its nodes have written down. A process that was told otherwise would found empty
//! modules beside the true ones: it does not start.
//!
//! A module's data carry an id with them, `head.place`, through dumps and moves. `limits.place` has the id of each module; it
//! is in the database of `DATABASE_URL`, always.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, PgConnection, query, query_as, query_scalar};
use uuid::Uuid;

use super::StoreError;
use crate::kernel::module::{ModuleSpec, Registry};

/// The module that keeps what was written down. It lives in the main database.
const KEEPER: &str = "limits";
/// How settings of single modules begin.
const SETTING: &str = "DATABASE_URL_";

/// What is written down, and what is not yet.
#[derive(Default)]
pub(super) struct Places {
    known: HashMap<String, Uuid>,
    new: Vec<(&'static str, Uuid)>,
}

impl Places {
    /// Reads them in the main database. There are none before the first start.
    pub(super) async fn read(main: &mut PgConnection) -> Result<Self, sqlx::Error> {
        if !is_readable(main, KEEPER, "place").await? {
            return Ok(Self::default());
        }
        let rows: Vec<(String, Uuid)> =
            query_as("select module, place from limits.place").fetch_all(main).await?;
        Ok(Self { known: rows.into_iter().collect(), new: Vec::new() })
    }

    /// Refuses a database, `what`, that has not the data of these modules but others, or none. Nothing was founded yet.
    pub(super) async fn check(
        &self,
        conn: &mut PgConnection,
        what: &str,
        specs: &[&'static ModuleSpec],
    ) -> Result<(), StoreError> {
        for spec in specs {
            let Some(known) = self.known.get(spec.name) else { continue };
            let found = id(conn, spec).await.map_err(|error| StoreError::from_connect(error, what))?;
            if found != Some(*known) {
                let (what, module) = (what.to_owned(), spec.name);
                return Err(StoreError::Elsewhere { what, module, setting: own_setting(module) });
            }
        }
        Ok(())
    }

    /// Takes note of those that have been founded here.
    pub(super) async fn note(
        &mut self,
        conn: &mut PgConnection,
        specs: &[&'static ModuleSpec],
    ) -> Result<(), sqlx::Error> {
        for spec in specs {
            if !self.known.contains_key(spec.name)
                && let Some(id) = id(conn, spec).await?
            {
                self.new.push((spec.name, id));
            }
        }
        Ok(())
    }

    /// Writes down what is new.
    pub(super) async fn write(self, main: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.new.is_empty() || !is_readable(main, KEEPER, "place").await? {
            return Ok(());
        }
        let (modules, places): (Vec<&str>, Vec<Uuid>) = self.new.into_iter().unzip();
        // Another node may be a moment earlier.
        query("insert into limits.place (module, place) select * from unnest($1::text[], $2::uuid[]) on conflict do nothing")
            .bind(modules)
            .bind(places)
            .execute(main)
            .await?;
        Ok(())
    }
}

/// The environment's name for the database of one module.
pub(super) fn own_setting(module: &str) -> String {
    format!("{SETTING}{}", module.to_uppercase())
}

/// Refuses settings of no module, and of the one that stays.
pub(super) fn check_settings(
    names: impl Iterator<Item = String>,
    registry: &Registry,
) -> Result<(), StoreError> {
    for name in names.filter(|name| name.starts_with(SETTING)) {
        let modules = || registry.modules().iter().map(|spec| spec.name);
        if name == own_setting(KEEPER) {
            return Err(StoreError::Stays { setting: name });
        }
        if !modules().any(|module| own_setting(module) == name) {
            let alike = |module: &&str| {
                own_setting(module).bytes().zip(name.bytes()).take_while(|(one, other)| one == other).count()
            };
            let nearest = modules().max_by_key(alike).map(own_setting).unwrap_or_default();
            return Err(StoreError::NoSuchSetting { setting: name, nearest });
        }
    }
    Ok(())
}

/// The id that the module's data carry in this database. None where there are none, or of before ids.
async fn id(conn: &mut PgConnection, spec: &ModuleSpec) -> Result<Option<Uuid>, sqlx::Error> {
    let sql =
        "select exists (select from pg_attribute where attrelid = to_regclass($1) and attname = 'place')";
    let table = format!("{}.head", spec.schema);
    let has_one: bool = query_scalar(sql).bind(table).fetch_one(&mut *conn).await?;
    if !has_one || !is_readable(conn, spec.schema, "head").await? {
        return Ok(None);
    }
    let sql = format!("select place from {}.head", spec.schema);
    query_scalar(AssertSqlSafe(sql)).fetch_optional(conn).await
}

async fn is_readable(conn: &mut PgConnection, schema: &str, table: &str) -> Result<bool, sqlx::Error> {
    query_scalar(
        "select exists (
             select from pg_namespace n join pg_class c on relnamespace = n.oid
             where nspname = $1 and relname = $2
               and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'))",
    )
    .bind(schema)
    .bind(table)
    .fetch_one(conn)
    .await
}
