//! The spine of events under faults that no use case can tell: what the bus loses, what cannot be handled.

use chrono::{DateTime, Utc};
use pancake::dev::test_site::{TestSite, TestSiteOptions, story_time};
use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, query_scalar};
use uuid::Uuid;

use crate::postgres::postgres;
use crate::template;

pub(crate) const BOB: &str = "00000000-0000-7000-8000-0000000000b0";
pub(crate) const DAVE: &str = "00000000-0000-7000-8000-0000000000d0";
pub(crate) const NANCY: &str = "00000000-0000-7000-8000-0000000000a0";

#[tokio::test]
async fn what_the_bus_loses_comes_from_the_journal() {
    let stage = template::site("spine_lost", TestSiteOptions::of(80)).await;
    journal(&stage, BOB, &json!({ "from": NANCY, "to": BOB })).await;
    look(&stage);
    stage.settle().await.unwrap();
    assert_eq!(alerts(&stage, BOB).await, 1);
    stage.close().await;
}

#[tokio::test]
async fn what_cannot_be_handled_is_parked_with_the_later_ones_of_its_key() {
    let stage = template::site("spine_parked", TestSiteOptions::of(80)).await;
    journal(&stage, BOB, &json!({ "from": 3, "to": BOB })).await;
    journal(&stage, DAVE, &json!({ "from": NANCY, "to": DAVE })).await;
    journal(&stage, BOB, &json!({ "from": NANCY, "to": BOB })).await;
    look(&stage);
    crate::wait::until("all three are handled", async || offset(&stage).await.0 == 3).await;
    let parked: Vec<i64> = query_scalar("select pos from alerts.dead_letter order by pos")
        .fetch_all(&stage.ctx.unit_named("alerts").unwrap().pool)
        .await
        .unwrap();
    assert_eq!(parked, [1, 3]);
    assert_eq!((alerts(&stage, BOB).await, alerts(&stage, DAVE).await), (0, 1));
    let unsettled = stage.settle().await.unwrap_err().to_string();
    assert!(unsettled.contains("dead letters"), "{unsettled}");
    stage.close().await;
}

#[tokio::test]
async fn what_is_no_fault_of_the_event_is_tried_until_it_works() {
    let stage = template::site("spine_retry", TestSiteOptions::of(80)).await;
    let operator = || async { postgres().await.options().database("spine_retry").connect().await.unwrap() };
    let (mut locker, mut watcher) = (operator().await, operator().await);
    locker.execute("begin; lock table alerts.alert in access exclusive mode").await.unwrap();
    journal(&stage, BOB, &json!({ "from": NANCY, "to": BOB })).await;
    look(&stage);
    let waiting = "select pid from pg_stat_activity
                   where datname = current_database() and application_name = 'pancake alerts'
                     and wait_event_type = 'Lock'";
    let mut pid: Option<i32> = None;
    crate::wait::until("alerts waits for its table", async || {
        pid = query_scalar(waiting).fetch_optional(&mut watcher).await.unwrap();
        pid.is_some()
    })
    .await;
    // As a statement timeout would: the first try fails, and the event has nothing to do with it.
    sqlx::query("select pg_cancel_backend($1)").bind(pid).execute(&mut watcher).await.unwrap();
    locker.execute("rollback").await.unwrap();
    crate::wait::until("it is handled", async || offset(&stage).await.0 == 1).await;
    assert_eq!(alerts(&stage, BOB).await, 1);
    stage.close().await;
}

/// A flirt that is in the journal, and that no bus has carried.
pub(crate) async fn journal(stage: &TestSite, key: &str, payload: &serde_json::Value) {
    journal_as(stage, ("flirt", "flirt-sent"), key, story_time(), payload).await;
}

/// Any event, likewise: a source and a name.
pub(crate) async fn journal_as(
    stage: &TestSite,
    (source, name): (&str, &str),
    key: &str,
    at: DateTime<Utc>,
    payload: &serde_json::Value,
) {
    let sql = format!(
        "with moved as (update {source}.head set pos = pos + 1 returning pos)
         insert into {source}.journal (pos, event, name, key, at, subjects, payload)
         select pos, $1, $2, $3, $4, array[$3], $5 from moved"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(stage.ctx.clock().new_uuid())
        .bind(name)
        .bind(key.parse::<Uuid>().unwrap())
        .bind(at)
        .bind(sqlx::types::Json(payload))
        .execute(&stage.ctx.unit_named(source).unwrap().pool)
        .await
        .unwrap();
}

/// The modules that read flirt's journal.
pub(crate) fn readers(stage: &TestSite) -> Vec<&'static str> {
    let readers = stage.ctx.units().filter(|unit| unit.spec.name != "flirt");
    readers.filter(|unit| unit.sources().contains(&"flirt")).map(|unit| unit.spec.name).collect()
}

/// Does not wait for the poll.
pub(crate) fn look(stage: &TestSite) {
    stage.ctx.units().for_each(|unit| unit.progress.poll.notify_one());
}

/// How far alerts has read flirt's journal: position, and why not further.
pub(crate) async fn offset(stage: &TestSite) -> (i64, Option<String>) {
    let pool = &stage.ctx.unit_named("alerts").unwrap().pool;
    let offset = sqlx::query_as("select pos, stopped from alerts.offsets where source = 'flirt'");
    offset.fetch_optional(pool).await.unwrap().unwrap_or_default()
}

pub(crate) async fn alerts(stage: &TestSite, member: &str) -> i64 {
    let pool = &stage.ctx.unit_named("alerts").unwrap().pool;
    let count = query_scalar("select count(*) from alerts.alert where member = $1::uuid");
    count.bind(member.parse::<Uuid>().unwrap()).fetch_one(pool).await.unwrap()
}

/// As if flirt's journal came from a backup that was made at this position.
pub(crate) async fn restore_to(stage: &TestSite, pos: i64) {
    let flirt = &stage.ctx.unit_named("flirt").unwrap().pool;
    let mut tx = flirt.acquire().await.unwrap();
    sqlx::query("delete from flirt.journal where pos > $1").bind(pos).execute(&mut *tx).await.unwrap();
    sqlx::query("update flirt.head set pos = $1").bind(pos).execute(&mut *tx).await.unwrap();
}
