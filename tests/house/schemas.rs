//! Opening a database that is not as this program would make it: what is behind catches up, what was changed is refused.

use pancake::dev::test_site::{TestSite, TestSiteError, TestSiteOptions};
use pancake::store::StoreError;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, query_scalar};

use crate::postgres::postgres;
use crate::template;

#[tokio::test]
async fn a_schema_that_is_behind_catches_up() {
    let behind = "drop table limits.node; delete from limits.migrations where version = 2";
    let stage = reopened("behind", behind).await.unwrap();
    let mut conn = postgres().await.options().database("behind").connect().await.unwrap();
    let owners: Vec<String> = query_scalar(
        "select distinct tableowner::text from pg_tables where schemaname = 'limits' and tablename in ('node', 'head')",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert_eq!(owners.len(), 1, "the new table is its module's, as the others: {owners:?}");
    stage.close().await;
}

#[tokio::test]
async fn a_migration_that_is_not_what_was_applied_is_refused() {
    let other = "update alerts.migrations set checksum = '\\x00' where version = 1";
    match reopened("changed", other).await {
        Err(TestSiteError::Store(StoreError::Migration { module, .. })) => assert_eq!(module, "alerts"),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was taken for the same"),
    }
}

/// A database to which something was done while nobody looked.
async fn reopened(name: &str, done: &str) -> Result<TestSite, TestSiteError> {
    template::site(name, TestSiteOptions::of(80)).await.close().await;
    let mut conn = postgres().await.options().database(name).connect().await.unwrap();
    conn.execute(AssertSqlSafe(done.to_owned())).await.unwrap();
    TestSite::reopen(postgres().await, name, 80).await
}
