//! What becomes of journals with time: new listeners catch up, old entries go, members are forgotten.

use chrono::TimeDelta;
use pancake::bus::{erase, rebuild, retention};
use pancake::dev::test_site::{TestSite, TestSiteOptions, story_time};
use serde_json::{Value, json};
use sqlx::query_scalar;
use uuid::Uuid;

use crate::spine::{BOB, DAVE, NANCY, alerts, journal, journal_as, look, offset, readers};
use crate::template;
use crate::wait::until;

#[tokio::test]
async fn a_listener_that_comes_later_gets_what_came_before() {
    let stage = template::site("journals_filled", TestSiteOptions::of(80)).await;
    for member in [BOB, DAVE, BOB] {
        journal(&stage, member, &json!({ "from": NANCY, "to": member })).await;
    }
    look(&stage);
    until("all are handled", async || offset(&stage).await.0 == 3).await;
    // As if the program of before had listened to nothing of it, and had read on.
    let unit = stage.ctx.unit_named("alerts").unwrap();
    for sql in
        ["delete from alerts.alert", "update alerts.offsets set subscription = 0 where source = 'flirt'"]
    {
        sqlx::query(sql).execute(&unit.pool).await.unwrap();
    }
    look(&stage);
    let subscription = async || -> i32 {
        let sql = "select subscription from alerts.offsets where source = 'flirt'";
        query_scalar(sql).fetch_one(&unit.pool).await.unwrap()
    };
    until("it has caught up", async || subscription().await == 1).await;
    assert_eq!((alerts(&stage, BOB).await, alerts(&stage, DAVE).await), (2, 1));
    assert_eq!(offset(&stage).await, (3, None));
    journal(&stage, DAVE, &json!({ "from": BOB, "to": DAVE })).await;
    look(&stage);
    stage.settle().await.unwrap();
    assert_eq!(alerts(&stage, DAVE).await, 2);
    stage.close().await;
}

#[tokio::test]
async fn an_older_program_consumes_nothing_where_a_newer_one_listens_to_more() {
    let stage = template::site("journals_older", TestSiteOptions::of(80)).await;
    journal(&stage, BOB, &json!({ "from": NANCY, "to": BOB })).await;
    look(&stage);
    until("it is handled", async || offset(&stage).await.0 == 1).await;
    let unit = stage.ctx.unit_named("alerts").unwrap();
    let newer = "update alerts.offsets set subscription = 2 where source = 'flirt'";
    sqlx::query(newer).execute(&unit.pool).await.unwrap();
    journal(&stage, BOB, &json!({ "from": DAVE, "to": BOB })).await;
    // Another source shows that the consumer has looked at everything meanwhile.
    let visit = json!({ "visitor": NANCY, "member": DAVE });
    journal_as(&stage, ("profile", "profile-visited"), DAVE, story_time(), &visit).await;
    look(&stage);
    until("the visit is handled", async || alerts(&stage, DAVE).await == 1).await;
    look(&stage);
    assert_eq!((offset(&stage).await.0, alerts(&stage, BOB).await), (1, 1));
    stage.close().await;
}

#[tokio::test]
async fn what_is_past_its_retention_leaves_the_journal_once_everybody_has_read_it() {
    let stage = template::site("journals_trimmed", TestSiteOptions::of(80)).await;
    let unit = stage.ctx.unit_named("profile").unwrap();
    let visited = ("profile", "profile-visited");
    let visit = json!({ "visitor": NANCY, "member": BOB });
    stage.ctx.rehearsal().hold(Some("alerts"));
    for days in [400, 300, 2] {
        journal_as(&stage, visited, BOB, story_time() - TimeDelta::days(days), &visit).await;
    }
    let left = async || -> Vec<i64> {
        query_scalar("select pos from profile.journal order by pos").fetch_all(&unit.pool).await.unwrap()
    };
    // Nobody has read it, so nothing goes.
    assert_eq!(retention::trim(&stage.ctx, unit).await.unwrap(), 0);
    assert_eq!(left().await, [1, 2, 3]);
    stage.ctx.rehearsal().end();
    look(&stage);
    stage.settle().await.unwrap();
    assert_eq!(retention::trim(&stage.ctx, unit).await.unwrap(), 2);
    assert_eq!((left().await, alerts(&stage, BOB).await), (vec![3], 3));

    // What is missing is no gap: neither for who reads on, nor for who begins anew.
    rebuild::rebuild(&stage.ctx, stage.ctx.unit_named("alerts").unwrap()).await.unwrap();
    assert_eq!(alerts(&stage, BOB).await, 1);
    journal_as(&stage, visited, BOB, story_time(), &visit).await;
    look(&stage);
    stage.settle().await.unwrap();
    assert_eq!(alerts(&stage, BOB).await, 2);
    stage.close().await;
}

#[tokio::test]
async fn journals_forget_a_member_and_keep_their_positions() {
    let stage = template::site("journals_erased", TestSiteOptions::of(80)).await;
    journal(&stage, BOB, &json!({ "from": NANCY, "to": BOB })).await;
    journal(&stage, DAVE, &json!({ "from": NANCY, "to": DAVE })).await;
    journal(&stage, BOB, &json!({ "from": "nancy", "to": BOB })).await;
    look(&stage);
    until("all are handled or parked", async || offset(&stage).await.0 == 3).await;
    assert_eq!(erase::erase(&stage.ctx, BOB.parse().unwrap()).await.unwrap(), 2);
    let flirt = stage.ctx.unit_named("flirt").unwrap();
    let payloads: Vec<(i64, Option<Value>)> =
        sqlx::query_as("select pos, payload from flirt.journal order by pos")
            .fetch_all(&flirt.pool)
            .await
            .unwrap();
    assert!(matches!(&payloads[..], [(1, None), (2, Some(_)), (3, None)]), "{payloads:?}");
    let letters: Vec<Option<Value>> =
        query_scalar("select payload from alerts.dead_letter").fetch_all(&alerts_pool(&stage)).await.unwrap();
    assert_eq!(letters, [None]);
    for module in readers(&stage) {
        let rebuilt = rebuild::rebuild(&stage.ctx, stage.ctx.unit_named(module).unwrap()).await.unwrap();
        assert_eq!(rebuilt.parked, 0, "an erased entry tells nothing, also nothing wrong");
    }
    assert_eq!((alerts(&stage, BOB).await, alerts(&stage, DAVE).await), (0, 1));
    let told: Vec<Uuid> =
        query_scalar("select member from alerts.alert").fetch_all(&alerts_pool(&stage)).await.unwrap();
    assert_eq!(told, [DAVE.parse::<Uuid>().unwrap()]);
    stage.settle().await.unwrap();
    stage.close().await;
}

fn alerts_pool(stage: &TestSite) -> sqlx::PgPool {
    stage.ctx.unit_named("alerts").unwrap().pool.clone()
}
