//! The operator's place at a database of a stage: looks into all schemas, empties them, and brings back what they held.

use std::collections::BTreeMap;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection, query, query_as, query_scalar};

use super::StageError;
use crate::bus::settle::Seen;
use crate::context::Context;
use crate::failure::Failure;
use crate::module::ModuleSpec;
use crate::store::Apart;

/// See the module.
pub(super) struct Seat {
    operator: PgConnection,
    /// How far all its modules are, in one look.
    looking: String,
}

impl Seat {
    /// One for each database.
    pub(super) async fn all(
        ctx: &Context,
        default: &PgConnectOptions,
        apart: &Apart,
    ) -> Result<Vec<Self>, StageError> {
        let mut places: BTreeMap<Option<&str>, Vec<&ModuleSpec>> = BTreeMap::new();
        for unit in ctx.units() {
            let own = apart.get(unit.spec.name).map(String::as_str);
            places.entry(own).or_default().push(unit.spec);
        }
        let mut seats = Vec::new();
        for (own, specs) in places {
            let options = own.map_or_else(|| Ok(default.clone()), str::parse)?;
            let mut operator = options.connect().await?;
            make_album(&specs, &mut operator).await?;
            seats.push(Self { operator, looking: looking(&specs) });
        }
        Ok(seats)
    }

    /// Writes down, under this name, what is in all tables, except how far everybody is.
    pub(super) async fn keep(&mut self, name: &str) -> Result<(), sqlx::Error> {
        query("select pg_temp.keep($1)").bind(name).execute(&mut self.operator).await?;
        Ok(())
    }

    /// Deletes what was ever written, except how far everybody is. In its place comes what is kept under this name.
    pub(super) async fn restore(&mut self, name: &str) -> Result<(), sqlx::Error> {
        query("select pg_temp.restore($1)").bind(name).execute(&mut self.operator).await?;
        Ok(())
    }
}

/// How far the modules of all seats are.
pub(super) async fn look_at(seats: &mut [Seat]) -> Result<Vec<Seen>, Failure> {
    type Row = (String, Option<String>, i64, Option<String>, i64, i64);
    let mut all: Vec<Seen> = Vec::new();
    for seat in seats {
        let sql = AssertSqlSafe(seat.looking.clone());
        let rows: Vec<Row> = query_as(sql).fetch_all(&mut seat.operator).await?;
        for (module, source, pos, stopped, outbox, parked) in rows {
            match (source, all.iter_mut().find(|seen| seen.module == module)) {
                (Some(source), Some(seen)) => seen.offsets.push((source, pos, stopped)),
                _ => all.push(Seen { module, pos, outbox, parked, offsets: Vec::new() }),
            }
        }
    }
    Ok(all)
}

/// Makes the functions behind [`Seat::keep`] and [`Seat::restore`]: a table of this connection's own beside each
/// table. Whoever has no rows costs next to nothing, and a function keeps the plans of its statements.
async fn make_album(specs: &[&ModuleSpec], operator: &mut PgConnection) -> Result<(), sqlx::Error> {
    let schemas: Vec<&str> = specs.iter().map(|spec| spec.schema).collect();
    let tables: Vec<String> = query_scalar(
        "select schemaname || '.' || tablename from pg_tables where schemaname = any($1)
         and tablename not like '%migrations' and tablename not in ('head', 'turn', 'offsets')",
    )
    .bind(schemas)
    .fetch_all(&mut *operator)
    .await?;
    let [mut made, mut keep, mut empty, mut fill] = [const { String::new() }; 4];
    for (number, table) in tables.iter().enumerate() {
        let page = format!("pg_temp.page_{number}");
        made += &format!("create table {page} (name text, entry {table});");
        keep += &format!("insert into {page} select $1, t from {table} t;");
        empty += &format!("delete from {table};");
        // A node may write down meanwhile that it is alive.
        fill += &format!(
            "insert into {table} overriding system value select (entry).* from {page} where name = $1
             on conflict do nothing;"
        );
    }
    let function = |name: &str, body: String| {
        format!(
            "create function pg_temp.{name}(text) returns void language plpgsql as $$ begin {body} end $$;"
        )
    };
    made += &function("keep", keep);
    made += &function("restore", empty + &fill);
    operator.execute(AssertSqlSafe(made)).await?;
    Ok(())
}

/// SQL for [`look_at`]: for each module its own state, and then how far it has read its sources.
fn looking(specs: &[&ModuleSpec]) -> String {
    let modules = specs.iter().map(|spec| {
        let (name, m) = (spec.name, spec.schema);
        format!(
            "select '{name}', null::text, pos, null::text, (select count(*) from {m}.outbox),
                    (select count(*) from {m}.dead_letter) from {m}.head
             union all select '{name}', source, pos, stopped, 0, 0 from {m}.offsets"
        )
    });
    modules.collect::<Vec<_>>().join(" union all ")
}
