//! Waiting for effects (`Prefer: wait`): on this node, on another, in vain; and a site whose bus is of no use.

use std::sync::Arc;
use std::time::Duration;

use pancake::bus::null::NullBus;
use pancake::dev::test_site::{TestSite, TestSiteOptions};
use sqlx::{ConnectOptions, Connection, Executor, query_scalar};

use crate::house::{Answer, Ask, House, Who};
use crate::postgres::postgres;

/// No look at the journals comes to help.
const NEVER_MS: u64 = 60_000;
/// So long that who looks more than once has done so.
const IN_VAIN: Duration = Duration::from_millis(500);

#[tokio::test]
async fn who_asks_for_it_sees_the_effects() {
    let house = House::open("effects_here", 80).await;
    house.stage.settle().await.unwrap();
    let answer = flirt(&house, "respond-async, wait=5").await;
    assert_eq!(applied(&answer), (201, "wait"));
    assert_eq!(alerts(&house).await, 1);
    // Nothing is left to wait for.
    assert_eq!(applied(&flirt(&house, "wait").await), (200, "wait"));
    assert_eq!(applied(&flirt(&house, "return=minimal").await), (200, ""));
    let token = house.token(Who::Member).await;
    let page = house.ask(&Ask::post("/flirt/otto").form(""), token.as_deref()).await;
    assert_eq!(applied(&page), (303, ""));
    house.close().await;
}

#[tokio::test]
async fn who_waits_in_vain_is_not_told_otherwise() {
    let house = House::open("effects_late", 80).await;
    let mut other = postgres().await.options().database("effects_late").connect().await.unwrap();
    // Another node holds the lease, and does nothing with it.
    other.execute("begin; select from alerts.consumer_lease for update").await.unwrap();
    assert_eq!(applied(&flirt(&house, "wait").await), (201, ""));
    assert_eq!(alerts(&house).await, 0);
    other.execute("commit").await.unwrap();
    house.close().await;
}

#[tokio::test]
async fn what_another_node_does_counts() {
    let mut house = House::open("effects_there", 80).await;
    reopen(&mut house, "effects_there", TestSiteOptions { poll_ms: NEVER_MS, ..TestSiteOptions::of(80) })
        .await;
    house.stage.settle().await.unwrap();
    let mut other = postgres().await.options().database("effects_there").connect().await.unwrap();
    let mut turn = other.begin().await.unwrap();
    turn.execute("select from alerts.consumer_lease for update").await.unwrap();
    let elsewhere = async {
        let flirts = &house.stage.ctx.unit_named("flirt").unwrap().pool;
        crate::wait::until("the flirt is in the journal", async || {
            query_scalar("select pos = 1 from flirt.head").fetch_one(flirts).await.unwrap()
        })
        .await;
        turn.execute(
            "insert into alerts.offsets (source, epoch, pos, subscription) values ('flirt', 0, 1, 1)
             on conflict (source) do update set pos = 1",
        )
        .await
        .unwrap();
        turn.commit().await.unwrap();
    };
    let (answer, ()) = tokio::join!(flirt(&house, "wait=5"), elsewhere);
    assert_eq!(applied(&answer), (201, "wait"));
    house.close().await;
}

#[tokio::test]
async fn what_was_left_is_handled_when_the_others_are_done() {
    let mut house = House::open("effects_left", 80).await;
    reopen(&mut house, "effects_left", TestSiteOptions { poll_ms: NEVER_MS, ..TestSiteOptions::of(80) })
        .await;
    let mut other = postgres().await.options().database("effects_left").connect().await.unwrap();
    other.execute("update alerts.consumer_lease set rebuilding = gen_random_uuid()").await.unwrap();
    assert_eq!(applied(&flirt(&house, "return=minimal").await), (201, ""));
    // Several looks are in vain.
    tokio::time::sleep(IN_VAIN).await;
    assert_eq!(alerts(&house).await, 0);
    other.execute("update alerts.consumer_lease set rebuilding = null").await.unwrap();
    crate::wait::until("otto is alerted", async || alerts(&house).await == 1).await;
    house.close().await;
}

#[tokio::test]
async fn without_a_bus_the_poll_is_enough() {
    let mut house = House::open("effects_polled", 80).await;
    let bus = Arc::new(NullBus::default());
    reopen(&mut house, "effects_polled", TestSiteOptions { bus, poll_ms: 10, ..TestSiteOptions::of(80) })
        .await;
    assert_eq!(applied(&flirt(&house, "return=minimal").await), (201, ""));
    crate::wait::until("otto is alerted", async || alerts(&house).await == 1).await;
    // What is taken is counted a moment after it is committed.
    crate::wait::until("it is counted", async || house.stage.ctx.metrics().taken().journal > 0).await;
    assert_eq!(house.stage.ctx.metrics().taken().bus, 0);
    house.close().await;
}

/// The same site, otherwise.
async fn reopen(house: &mut House, name: &str, options: TestSiteOptions) {
    house.stage.close().await;
    house.stage = TestSite::reopen_with(postgres().await, name, options).await.unwrap();
}

/// maja flirts with otto.
async fn flirt(house: &House, prefer: &str) -> Answer {
    let token = house.token(Who::Member).await;
    let ask = Ask::post(format!("/api/flirt/{}", house.people.other)).with("prefer", prefer);
    house.ask(&ask, token.as_deref()).await
}

/// The status, and which preference was applied.
fn applied(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.header("preference-applied"))
}

/// How many alerts otto has.
async fn alerts(house: &House) -> i64 {
    let pool = &house.stage.ctx.unit_named("alerts").unwrap().pool;
    let count = query_scalar("select count(*) from alerts.alert where member = $1");
    count.bind(house.people.other).fetch_one(pool).await.unwrap()
}
