//! No module's role can touch another module's tables, whatever its SQL says. Every ordered pair is tried.

use pancake::dev::test_site::TestSite;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection, query_scalar};

use crate::postgres::postgres;

const DENIED: &str = "42501";

#[tokio::test]
async fn no_role_reads_or_writes_another_schema() {
    let stage = TestSite::open(postgres().await, "house_fences", 80).await.unwrap();
    let schemas: Vec<&str> = stage.ctx.units().map(|unit| unit.spec.schema).collect();
    assert!(schemas.len() >= 9);
    let options = postgres().await.options().database("house_fences");
    let mut conn = options.connect().await.unwrap();
    let mut tables = Vec::new();
    for schema in &schemas {
        let own = tables_of(&mut conn, schema).await;
        assert!(own.len() >= 7, "{schema} has the tables of its events at least: {own:?}");
        tables.push((*schema, own));
    }
    let mut faults = Vec::new();
    let mut tried = 0;
    for role in &schemas {
        let enter = format!("set role house_fences_{role}");
        conn.execute(AssertSqlSafe(enter)).await.unwrap();
        for (schema, names) in &tables {
            for (name, statement) in names.iter().flat_map(|name| statements(schema, name)) {
                let code = refusal(&mut conn, statement.clone()).await;
                let wanted = if schema == role { None } else { Some(DENIED.to_owned()) };
                if code != wanted {
                    faults.push(format!("{role} on {name}: {statement} gives {code:?}, not {wanted:?}"));
                }
                tried += 1;
            }
            let make = format!("create table {schema}.of_{role} (x int)");
            let made = refusal(&mut conn, make).await;
            if (schema == role) != made.is_none() {
                faults.push(format!("{role} makes a table in {schema}: {made:?}"));
            }
        }
        conn.execute("reset role").await.unwrap();
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(tried > 9 * 9 * 7 * 4, "only {tried} were tried");
    stage.close().await;
}

/// The pools themselves are inside the fence, also after what a slice could do to get out of it by mistake.
#[tokio::test]
async fn every_pool_is_in_its_role() {
    let stage = TestSite::open(postgres().await, "house_pools", 80).await.unwrap();
    for unit in stage.ctx.units() {
        let wanted = format!("house_pools_{}", unit.spec.schema);
        for pool in [&unit.pool, &unit.background] {
            let mut conn = pool.acquire().await.unwrap();
            for reset in ["select 1", "reset role", "reset all"] {
                conn.execute(AssertSqlSafe(reset)).await.unwrap();
                let role: String =
                    query_scalar("select current_user::text").fetch_one(&mut *conn).await.unwrap();
                assert_eq!(role, wanted, "after {reset}");
            }
        }
    }
    stage.close().await;
}

async fn tables_of(conn: &mut PgConnection, schema: &str) -> Vec<String> {
    query_scalar("select tablename::text from pg_tables where schemaname = $1 order by 1")
        .bind(schema)
        .fetch_all(conn)
        .await
        .unwrap()
}

/// Each changes nothing where it is allowed.
fn statements(schema: &str, name: &str) -> [(String, String); 4] {
    let table = format!("{schema}.{name}");
    [
        format!("select * from {table} limit 1"),
        format!("delete from {table} where false"),
        format!("insert into {table} overriding user value select * from {table} where false"),
        format!("lock table {table} in access share mode"),
    ]
    .map(|statement| (table.clone(), statement))
}

/// The code of the refusal, if it was refused. Inside a transaction that is taken back.
async fn refusal(conn: &mut PgConnection, statement: String) -> Option<String> {
    conn.execute("begin").await.unwrap();
    let tried = conn.execute(AssertSqlSafe(statement)).await;
    conn.execute("rollback").await.unwrap();
    tried.err().map(|error| error.as_database_error().unwrap().code().unwrap().into_owned())
}
