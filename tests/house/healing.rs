//! The ways out: a module is rebuilt from the journals, parked events are retried, a restored backup is settled.

use axum::http::Method;
use pancake::bus::consumer_lease::ConsumerLease;
use pancake::bus::rebuild::{Rebuilt, rebuild};
use pancake::bus::{Entry, dead_letter};
use pancake::dev::test_site::{TestSite, TestSiteOptions, story_time};
use pancake::kernel::id::{EventId, MemberId, TypedId};
use serde_json::json;
use serde_json::value::RawValue;
use sqlx::{AssertSqlSafe, query_scalar};
use uuid::Uuid;

use crate::house::{Ask, House, Who};
use crate::postgres::postgres;
use crate::spine::{BOB, DAVE, NANCY, alerts, journal, journal_as, look, offset, readers, restore_to};
use crate::template;
use crate::wait::until;

#[tokio::test]
async fn a_journal_from_a_backup_stops_who_has_read_further_until_a_rebuild() {
    let stage = template::site("heal_backup", TestSiteOptions::of(80)).await;
    journal(&stage, BOB, &json!({ "from": NANCY, "to": BOB })).await;
    journal(&stage, DAVE, &json!({ "from": NANCY, "to": DAVE })).await;
    look(&stage);
    until("both are handled", async || offset(&stage).await.0 == 2).await;

    restore_to(&stage, 1).await;
    look(&stage);
    until("it has stopped", async || offset(&stage).await.1.is_some()).await;
    let why = offset(&stage).await.1.unwrap();
    assert!(why.contains("pancake rebuild alerts"), "{why}");
    let unsettled = stage.settle().await.unwrap_err().to_string();
    assert!(unsettled.contains("pancake rebuild"), "{unsettled}");

    // The positions fit again, and still nothing is skipped in silence.
    for _ in 0..2 {
        journal(&stage, BOB, &json!({ "from": DAVE, "to": BOB })).await;
    }
    for _ in 0..3 {
        look(&stage);
    }
    assert_eq!((offset(&stage).await.0, alerts(&stage, BOB).await), (2, 1));

    for module in readers(&stage) {
        rebuild(&stage.ctx, stage.ctx.unit_named(module).unwrap()).await.unwrap();
    }
    // What the backup does not know never happened; what came after it did.
    assert_eq!((alerts(&stage, DAVE).await, alerts(&stage, BOB).await), (0, 3));
    assert_eq!(offset(&stage).await, (3, None));
    journal(&stage, DAVE, &json!({ "from": BOB, "to": DAVE })).await;
    look(&stage);
    stage.settle().await.unwrap();
    assert_eq!(alerts(&stage, DAVE).await, 1);
    stage.close().await;
}

#[tokio::test]
async fn a_journal_that_becomes_shorter_while_the_site_runs_begins_a_new_epoch() {
    let stage = template::site("heal_epoch", TestSiteOptions::of(80)).await;
    let unit = stage.ctx.unit_named("flirt").unwrap();
    let relayed = async || unit.progress.relayed.borrow().1;
    journal(&stage, BOB, &json!({ "from": NANCY, "to": BOB })).await;
    journal(&stage, DAVE, &json!({ "from": NANCY, "to": DAVE })).await;
    unit.progress.wake.notify_one();
    until("the relay has seen it", async || relayed().await == 2).await;
    look(&stage);
    until("alerts has read it", async || offset(&stage).await.0 == 2).await;
    let epoch =
        async || -> i64 { query_scalar("select epoch from flirt.head").fetch_one(&unit.pool).await.unwrap() };
    let before = epoch().await;
    restore_to(&stage, 1).await;
    unit.progress.wake.notify_one();
    until("a new epoch", async || epoch().await > before).await;
    look(&stage);
    until("its readers have stopped", async || offset(&stage).await.1.is_some()).await;
    stage.close().await;
}

#[tokio::test]
async fn a_site_that_was_restored_goes_on_and_believes_nothing_of_before() {
    let stage = template::site("heal_before", TestSiteOptions::of(80)).await;
    journal(&stage, BOB, &json!({ "from": NANCY, "to": BOB })).await;
    look(&stage);
    until("alerts has read it", async || offset(&stage).await.0 == 1).await;
    // As if the table had been made by a restore of a backup.
    let flirt = &stage.ctx.unit_named("flirt").unwrap().pool;
    sqlx::query("update flirt.head set body = 'another'").execute(flirt).await.unwrap();
    stage.close().await;
    let options = TestSiteOptions::of(80);
    let stage = TestSite::reopen_with(postgres().await, "heal_before", options).await.unwrap();
    let pool = &stage.ctx.unit_named("alerts").unwrap().pool;
    let of_reader = async || -> i64 {
        query_scalar("select epoch from alerts.offsets where source = 'flirt'").fetch_one(pool).await.unwrap()
    };
    until("alerts goes on in a new epoch", async || of_reader().await > 1).await;
    assert_eq!(offset(&stage).await, (1, None));
    // A queue still has what was lost.
    let payload = RawValue::from_string(json!({ "from": NANCY, "to": DAVE }).to_string()).unwrap();
    let lost = Entry {
        source: "flirt",
        epoch: 1,
        pos: 2,
        id: EventId::of(stage.ctx.clock().new_uuid()),
        name: "flirt-sent".into(),
        key: MemberId::of(DAVE.parse().unwrap()),
        at: story_time(),
        payload: Some(payload.into()),
        cause: None,
    };
    stage.ctx.bus().publish(&[lost]).await.unwrap();
    journal(&stage, BOB, &json!({ "from": DAVE, "to": BOB })).await;
    look(&stage);
    until("what happens afterwards is read", async || offset(&stage).await == (2, None)).await;
    stage.settle().await.unwrap();
    assert_eq!((alerts(&stage, BOB).await, alerts(&stage, DAVE).await), (2, 0));
    stage.close().await;
}

#[tokio::test]
async fn what_was_parked_is_repaired_and_retried_in_order() {
    let stage = template::site("heal_letters", TestSiteOptions::of(80)).await;
    let blocked = ("block", "member-blocked");
    journal_as(&stage, blocked, BOB, story_time(), &json!({ "member": BOB, "blocked": "nancy" })).await;
    journal_as(&stage, blocked, DAVE, story_time(), &json!({ "member": DAVE, "blocked": NANCY })).await;
    let unblocked = json!({ "member": BOB, "unblocked": NANCY });
    journal_as(&stage, ("block", "member-unblocked"), BOB, story_time(), &unblocked).await;
    look(&stage);
    let unit = stage.ctx.unit_named("alerts").unwrap();
    let pairs = async || -> Vec<Uuid> {
        let pairs = "select distinct blocker from alerts.blocked_pair order by blocker";
        query_scalar(pairs).fetch_all(&unit.pool).await.unwrap()
    };
    let turn = ConsumerLease { ctx: stage.ctx.clone(), unit: unit.clone() };
    let readers: Vec<ConsumerLease> = stage
        .ctx
        .units()
        .filter(|unit| unit.sources().contains(&"block"))
        .map(|unit| ConsumerLease { ctx: stage.ctx.clone(), unit: unit.clone() })
        .collect();
    for reader in &readers {
        until("bob's are parked", async || dead_letter::list(reader).await.unwrap().len() == 2).await;
    }
    assert_eq!(pairs().await, [DAVE.parse::<Uuid>().unwrap()], "others flow");

    // Unrepaired, it fails again, and nothing overtakes it.
    let bob = BOB.parse().unwrap();
    let retried = dead_letter::retry(&turn, "block", bob).await.unwrap();
    assert!(retried.handled == 0 && retried.failed.is_some(), "{retried:?}");

    // In the wrong order, the pair would be blocked at the end.
    for reader in &readers {
        let repair = format!("update {}.dead_letter set payload = $1 where pos = 1", reader.unit.spec.schema);
        sqlx::query(AssertSqlSafe(repair))
            .bind(sqlx::types::Json(json!({ "member": BOB, "blocked": NANCY })))
            .execute(&reader.unit.pool)
            .await
            .unwrap();
        let retried = dead_letter::retry(reader, "block", bob).await.unwrap();
        assert!(retried.handled == 2 && retried.failed.is_none(), "{retried:?}");
    }
    assert_eq!(pairs().await, [DAVE.parse::<Uuid>().unwrap()]);
    stage.settle().await.unwrap();
    stage.close().await;
}

#[tokio::test]
async fn a_rebuild_writes_the_same_tables_and_parks_what_it_cannot_handle() {
    let stage = template::site("heal_rebuild", TestSiteOptions::of(80)).await;
    journal(&stage, BOB, &json!({ "from": 3, "to": BOB })).await;
    journal(&stage, DAVE, &json!({ "from": NANCY, "to": DAVE })).await;
    journal(&stage, BOB, &json!({ "from": NANCY, "to": BOB })).await;
    look(&stage);
    until("all three are handled", async || offset(&stage).await.0 == 3).await;
    let unit = stage.ctx.unit_named("alerts").unwrap();
    sqlx::query("delete from alerts.alert").execute(&unit.pool).await.unwrap();
    let rebuilt = rebuild(&stage.ctx, unit).await.unwrap();
    assert_eq!(rebuilt, Rebuilt { tables: 6, entries: 3, parked: 2 });
    assert_eq!((alerts(&stage, DAVE).await, alerts(&stage, BOB).await), (1, 0));
    assert_eq!(offset(&stage).await, (3, None));
    stage.close().await;
}

#[tokio::test]
async fn commands_are_refused_while_their_module_is_rebuilt() {
    let house = House::open("heal_refused", 80).await;
    let token = house.token(Who::Member).await;
    let flirt = Ask::post(format!("/api/flirt/{}", house.people.other));
    let unit = house.stage.ctx.unit_named("flirt").unwrap();
    // A rebuild that was broken off: nobody is at it any more.
    let broken = "update flirt.consumer_lease set rebuilding = $1";
    sqlx::query(broken).bind(Uuid::nil()).execute(&unit.pool).await.unwrap();
    let refused = house.ask(&flirt, token.as_deref()).await;
    assert_eq!((refused.status, refused.headers.get("retry-after").is_some()), (503, true));
    let flirts: i64 = query_scalar("select count(*) from flirt.flirt").fetch_one(&unit.pool).await.unwrap();
    assert_eq!(flirts, 0, "a refused command leaves nothing");
    assert_eq!(house.faults.lock().unwrap().drain(..).count(), 1, "this one is meant");
    // Others are not concerned.
    let block = Ask::new(Method::PUT, format!("/api/block/{}", house.people.reviewer));
    assert_eq!(house.ask(&block, token.as_deref()).await.status, 204);

    rebuild(&house.stage.ctx, unit).await.unwrap();
    assert_eq!(house.ask(&flirt, token.as_deref()).await.status, 201);
    house.stage.settle().await.unwrap();
    house.close().await;
}
