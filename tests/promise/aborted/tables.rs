//! Everything that a site has written, as text that is the same for the same events.
//!
//! Ids of events differ from run to run, so each is written as its place in its journal.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, query_as, query_scalar};

/// The rows of all modules' tables, sorted; without those that say which nodes run.
pub(super) async fn rows(options: &PgConnectOptions, schemas: &[&str]) -> Vec<String> {
    let mut conn = options.connect().await.unwrap();
    let tables: Vec<String> = query_scalar(
        "select schemaname || '.' || tablename from pg_tables where schemaname = any($1)
         and tablename not like '%migrations' and schemaname || '.' || tablename <> 'limits.node' order by 1",
    )
    .bind(schemas)
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let of =
        |table: &String| format!("select '{table} ' || (to_jsonb(t){})::text from {table} t", varying(table));
    let all = tables.iter().map(of).collect::<Vec<_>>().join(" union all ");
    let rows: Vec<String> = query_scalar(AssertSqlSafe(all)).fetch_all(&mut conn).await.unwrap();
    let of = |schema: &&str| format!("select event::text, '{schema} ' || pos from {schema}.journal");
    let all = schemas.iter().map(of).collect::<Vec<_>>().join(" union all ");
    let ids: Vec<(String, String)> = query_as(AssertSqlSafe(all)).fetch_all(&mut conn).await.unwrap();
    let known = |row: String| ids.iter().fold(row, |row, (id, place)| row.replace(id, place));
    let mut rows: Vec<String> = rows.into_iter().map(known).collect();
    rows.sort();
    rows
}

/// What differs from database to database, as the end of an expression that leaves it out: which tables these are, and when their epochs
/// began.
fn varying(table: &str) -> &'static str {
    match table.split_once('.').map(|(_, name)| name) {
        Some("head") => " - 'place' - 'body' - 'epoch'",
        Some("epoch" | "offsets") => " - 'epoch'",
        Some("place") => " - 'place' - 'body'",
        _ => "",
    }
}
