//! The spine of events under faults that no use case can tell: what the bus loses, what cannot be handled, what
//! a backup takes back.

use pancake::stage::{Stage, story_time};
use serde_json::json;
use sqlx::{ConnectOptions, Executor, query_scalar};
use uuid::Uuid;

use crate::postgres::postgres;

const BOB: &str = "00000000-0000-7000-8000-0000000000b0";
const DAVE: &str = "00000000-0000-7000-8000-0000000000d0";
const NANCY: &str = "00000000-0000-7000-8000-0000000000a0";

#[tokio::test]
async fn what_the_bus_loses_comes_from_the_journal() {
    let stage = Stage::open(postgres().await, "spine_lost", 48).await.unwrap();
    journal(&stage, BOB, &json!({ "from": NANCY, "to": BOB })).await;
    look(&stage);
    stage.settle().await.unwrap();
    assert_eq!(alerts(&stage, BOB).await, 1);
    stage.close().await;
}

#[tokio::test]
async fn what_cannot_be_handled_is_parked_with_the_later_ones_of_its_key() {
    let stage = Stage::open(postgres().await, "spine_parked", 48).await.unwrap();
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
    let stage = Stage::open(postgres().await, "spine_retry", 48).await.unwrap();
    let operator = || async { postgres().await.options().database("spine_retry").connect().await.unwrap() };
    let (mut locker, mut watcher) = (operator().await, operator().await);
    locker.execute("begin; lock table alerts.alert in access exclusive mode").await.unwrap();
    journal(&stage, BOB, &json!({ "from": NANCY, "to": BOB })).await;
    look(&stage);
    let waiting = "select pid from pg_stat_activity
                   where application_name = 'pancake alerts' and wait_event_type = 'Lock'";
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

#[tokio::test]
async fn a_journal_from_a_backup_stops_who_has_read_further() {
    let stage = Stage::open(postgres().await, "spine_backup", 48).await.unwrap();
    journal(&stage, BOB, &json!({ "from": NANCY, "to": BOB })).await;
    journal(&stage, DAVE, &json!({ "from": NANCY, "to": DAVE })).await;
    look(&stage);
    crate::wait::until("both are handled", async || offset(&stage).await.0 == 2).await;

    let flirt = &stage.ctx.unit_named("flirt").unwrap().pool;
    sqlx::query("delete from flirt.journal where pos > 1").execute(flirt).await.unwrap();
    sqlx::query("update flirt.head set pos = 1").execute(flirt).await.unwrap();
    look(&stage);
    crate::wait::until("it has stopped", async || offset(&stage).await.1.is_some()).await;

    // The positions fit again, and still nothing is skipped in silence.
    for _ in 0..2 {
        journal(&stage, BOB, &json!({ "from": DAVE, "to": BOB })).await;
    }
    for _ in 0..3 {
        look(&stage);
    }
    assert_eq!(offset(&stage).await.0, 2);
    assert_eq!(alerts(&stage, BOB).await, 1);
    stage.close().await;
}

/// An entry that is in flirt's journal, and that no bus has carried.
async fn journal(stage: &Stage, key: &str, payload: &serde_json::Value) {
    let pool = &stage.ctx.unit_named("flirt").unwrap().pool;
    let mut tx = pool.acquire().await.unwrap();
    sqlx::query(
        "with moved as (update flirt.head set pos = pos + 1 returning pos)
         insert into flirt.journal (pos, event, name, key, at, subjects, payload)
         select pos, $1, 'flirt-sent', $2::uuid, $3, '{}', $4 from moved",
    )
    .bind(stage.ctx.clock().new_uuid())
    .bind(key.parse::<Uuid>().unwrap())
    .bind(story_time())
    .bind(sqlx::types::Json(payload))
    .execute(&mut *tx)
    .await
    .unwrap();
}

/// Does not wait for the poll.
fn look(stage: &Stage) {
    stage.ctx.units().for_each(|unit| unit.progress.look.notify_one());
}

/// How far alerts has read flirt's journal: position, and why not further.
async fn offset(stage: &Stage) -> (i64, Option<String>) {
    let pool = &stage.ctx.unit_named("alerts").unwrap().pool;
    let offset = sqlx::query_as("select pos, stopped from alerts.offsets where source = 'flirt'");
    offset.fetch_optional(pool).await.unwrap().unwrap_or_default()
}

async fn alerts(stage: &Stage, member: &str) -> i64 {
    let pool = &stage.ctx.unit_named("alerts").unwrap().pool;
    let count = query_scalar("select count(*) from alerts.alert where member = $1::uuid");
    count.bind(member.parse::<Uuid>().unwrap()).fetch_one(pool).await.unwrap()
}
