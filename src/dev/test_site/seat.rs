//! The operator's place at a database of a stage: looks into all schemas, empties them, and brings back what they held.

use std::collections::BTreeMap;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection, query, query_as, query_scalar};

use super::TestSiteError;
use crate::bus::settle::Seen;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::store::ModuleDatabases;
use crate::store::module_runtime::ModuleRuntime;

/// The test's own connection to the site's database.
pub(super) struct Seat {
    operator: PgConnection,
    /// How far all its modules are, in one look.
    looking: String,
    schemas: Vec<&'static str>,
    /// Whether there is somewhere to keep things: made when it is first asked for, since few ever do.
    has_album: bool,
}

impl Seat {
    /// One for each database.
    pub(super) async fn all(
        ctx: &Context,
        default: &PgConnectOptions,
        apart: &ModuleDatabases,
    ) -> Result<Vec<Self>, TestSiteError> {
        let mut places: BTreeMap<Option<&str>, Vec<&ModuleRuntime>> = BTreeMap::new();
        for unit in ctx.units() {
            let own = apart.get(unit.spec.name).map(String::as_str);
            places.entry(own).or_default().push(unit);
        }
        let mut seats = Vec::new();
        for (own, units) in places {
            let options = own.map_or_else(|| Ok(default.clone()), str::parse)?;
            let operator = options.connect().await?;
            let schemas = units.iter().map(|unit| unit.spec.schema).collect();
            seats.push(Self { operator, looking: looking(&units), schemas, has_album: false });
        }
        Ok(seats)
    }

    /// Writes down, under this name, what is in all tables, except how far everybody is.
    pub(super) async fn keep(&mut self, name: &str) -> Result<(), sqlx::Error> {
        query("select pg_temp.keep($1)").bind(name).execute(self.album().await?).await?;
        Ok(())
    }

    /// Deletes what was ever written, except how far everybody is. In its place comes what is kept under this name.
    pub(super) async fn restore(&mut self, name: Option<&str>) -> Result<(), sqlx::Error> {
        query("select pg_temp.restore($1)").bind(name).execute(self.album().await?).await?;
        Ok(())
    }

    /// A connection on which things can be kept.
    async fn album(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        if !self.has_album {
            make_album(&self.schemas, &mut self.operator).await?;
            self.has_album = true;
        }
        Ok(&mut self.operator)
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

/// Makes the functions behind [`Seat::keep`] and [`Seat::restore`]: a table of this connection's own beside each table.
///
/// Most things touch few tables, and each that is restored costs as much as a request. So what is brought back twice in
/// a row leaves alone where nobody has written meanwhile: with as many rows as before, and none of a later transaction.
async fn make_album(schemas: &[&str], operator: &mut PgConnection) -> Result<(), sqlx::Error> {
    let tables: Vec<String> = query_scalar(
        "select schemaname || '.' || tablename from pg_tables where schemaname = any($1)
         and tablename not like '%migrations' and tablename not in ('head', 'consumer_lease', 'offsets')",
    )
    .bind(schemas)
    .fetch_all(&mut *operator)
    .await?;
    let mut made = "create table pg_temp.kept (name text primary key, counts bigint[] not null);
         create table pg_temp.present (name text, since xid not null);"
        .to_owned();
    let [mut counts, mut other, mut written] = [const { Vec::new() }; 3];
    let [mut keep, mut restore] = [const { String::new() }; 2];
    for (n, table) in (1..).zip(&tables) {
        let page = format!("pg_temp.page_{n}");
        made += &format!("create table {page} (name text, entry {table});");
        counts.push(format!("(select count(*) from {table})"));
        other.push(format!("select {n} where counted[{n}] > 0 or exists (select from {table})"));
        written.push(format!(
            "select {n} from (select count(*) as rows, min(age(xmin)) as age from {table}) t
             where rows <> coalesce(counted[{n}], 0) or age < age(brought)"
        ));
        keep +=
            &format!("if counted[{n}] > 0 then insert into {page} select morning, t from {table} t; end if;");
        // A node may write down meanwhile that it is alive.
        restore += &format!(
            "if {n} = any(touched) then
                 delete from {table};
                 if counted[{n}] > 0 then
                     insert into {table} overriding system value
                     select (entry).* from {page} where name = morning on conflict do nothing;
                 end if;
             end if;"
        );
    }
    let [counts, other, written] = [(counts, ", "), (other, " union all "), (written, " union all ")]
        .map(|(parts, between)| parts.join(between));
    let function = |name: &str, known: &str, body: &str| {
        format!(
            "create function pg_temp.{name}(morning text) returns void language plpgsql as $$
             declare {known}
             begin
                 {body}
                 delete from pg_temp.present;
                 insert into pg_temp.present values (morning, pg_current_xact_id()::xid);
             end $$;"
        )
    };
    let keep = format!("insert into pg_temp.kept values (morning, counted); {keep}");
    made += &function("keep", &format!("counted bigint[] := array[{counts}];"), &keep);
    let known = "
        counted bigint[] := (select counts from pg_temp.kept where name = morning);
        brought xid := (select since from pg_temp.present where name is not distinct from morning);
        touched int[];";
    let touched = format!(
        "if brought is null then touched := array({other}); else touched := array({written}); end if;"
    );
    made += &function("restore", known, &(touched + &restore));
    operator.execute(AssertSqlSafe(made)).await?;
    Ok(())
}

/// SQL for [`look_at`]: for each module its own state, and then how far it has read its sources. Who publishes nothing has
/// nothing in an outbox, and who listens to nobody neither offsets nor letters.
fn looking(units: &[&ModuleRuntime]) -> String {
    let modules = units.iter().map(|unit| {
        let (name, m) = (unit.spec.name, unit.spec.schema);
        let listens = !unit.sources().is_empty();
        let count = |table: &str, there: bool| {
            if there { format!("(select count(*) from {m}.{table})") } else { "0::bigint".to_owned() }
        };
        let (outbox, letters) = (count("outbox", !unit.events.is_empty()), count("dead_letter", listens));
        let own = format!("select '{name}', null::text, pos, null::text, {outbox}, {letters} from {m}.head");
        let read = format!(" union all select '{name}', source, pos, stopped, 0, 0 from {m}.offsets");
        if listens { own + &read } else { own }
    });
    modules.collect::<Vec<_>>().join(" union all ")
}
