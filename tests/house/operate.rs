//! The operator's commands, as a program on the database of a running site.

use std::process::{Command, Output};

use chrono::{NaiveDate, TimeDelta};
use pancake::dev::test_site::{TestSite, TestSiteOptions, story_time};
use pancake::kernel::event::AnyEvent;
use pancake::kernel::id::MemberId;
use pancake::modules::register::contract::MemberRegistered;
use pancake::modules::review::contract::MemberExcluded;
use pancake::shared::people::{DecidedBy, Gender, Ideal};
use serde_json::json;

use crate::postgres::postgres;
use crate::site::url;
use crate::spine::{BOB, DAVE, NANCY, alerts, journal, look, offset, readers, restore_to};
use crate::template;
use crate::wait::until;

#[tokio::test]
async fn what_waits_for_the_operator_is_shown_with_the_command_that_helps() {
    let stage = template::site("operate", TestSiteOptions::of(80)).await;
    // The commands go by the real time, and would take a node of another year for silent.
    stage.ctx.clock().set_ahead(TimeDelta::zero());
    let limits = &stage.ctx.unit_named("limits").unwrap().pool;
    until("it has said that it runs", async || {
        let sql = "select seen > now() - interval '1 minute' from limits.node";
        sqlx::query_scalar::<_, bool>(sql).fetch_optional(limits).await.unwrap() == Some(true)
    })
    .await;
    let pancake = async |words: &[&str]| run("operate", words).await;
    let (well, said) = pancake(&["status"]).await;
    assert!(well && said.contains("alerts     flirt"), "{said}");

    journal(&stage, BOB, &json!({ "from": 3, "to": BOB })).await;
    journal(&stage, BOB, &json!({ "from": NANCY, "to": BOB })).await;
    look(&stage);
    for module in readers(&stage) {
        until("both are parked", async || parked(&stage, module).await == 2).await;
    }
    let (well, said) = pancake(&["status"]).await;
    assert!(!well && said.contains("alerts has parked 2 events: pancake dead-letter list alerts"), "{said}");
    let (well, said) = pancake(&["dead-letter", "list", "alerts"]).await;
    assert!(well && said.contains("flirt 1  flirt-sent") && said.contains("invalid type"), "{said}");
    let (well, said) = pancake(&["dead-letter", "retry", "alerts"]).await;
    assert!(!well && said.contains("fail again"), "{said}");
    for module in readers(&stage) {
        let (well, said) = pancake(&["dead-letter", "drop", module, "flirt", "1"]).await;
        assert!(well && said.contains("will never handle flirt 1"), "{said}");
        let (well, said) = pancake(&["dead-letter", "retry", module, "--key", BOB]).await;
        assert!(well && said.contains("has handled 1 events"), "{said}");
    }
    assert_eq!(alerts(&stage, BOB).await, 1);

    journal(&stage, DAVE, &json!({ "from": NANCY, "to": DAVE })).await;
    look(&stage);
    stage.settle().await.unwrap();
    restore_to(&stage, 2).await;
    look(&stage);
    until("alerts has stopped", async || offset(&stage).await.1.is_some()).await;
    let (well, said) = pancake(&["status"]).await;
    assert!(!well && said.contains("until: pancake rebuild alerts"), "{said}");
    let (well, said) = pancake(&["rebuild", "--stopped"]).await;
    assert!(well && said.contains("alerts: 6 tables, written anew from 2 events"), "{said}");
    let (well, said) = pancake(&["rebuild", "nowhere"]).await;
    assert!(!well && said.contains("No module is called nowhere. There are album, alerts"), "{said}");
    stage.close().await;
}

#[tokio::test]
async fn the_operator_brings_back_whom_a_reviewer_excluded() {
    let stage = template::site("brought_back", TestSiteOptions::of(80)).await;
    let member: MemberId = BOB.parse().unwrap();
    let (place, birthday) = ("falun".to_owned(), NaiveDate::from_ymd_opt(1990, 5, 17).unwrap());
    let ideal = Ideal { gender: Gender::Woman, from: 20, to: 40, place: None };
    let (nickname, gender, application) = ("bob".to_owned(), Gender::Man, 1);
    let (reason, by) = ("Be kind.".to_owned(), DecidedBy::OPERATOR);
    let registered = MemberRegistered { member, nickname, gender, birthday, ideal, place, application };
    let excluded = MemberExcluded { member, until: None, reason, by };
    for event in [Box::new(registered) as Box<dyn AnyEvent>, Box::new(excluded)] {
        let _ = stage.give(event, story_time()).await.unwrap();
    }
    stage.settle().await.unwrap();
    let readmit = ["admin", "readmit", "bob"];
    let (well, said) = run("brought_back", &readmit).await;
    assert!(well && said.contains("bob may log in again."), "{said}");
    let (well, said) = run("brought_back", &readmit).await;
    assert!(well && said.contains("bob was neither suspended nor excluded."), "{said}");
    stage.close().await;
}

/// The program, on the database of a site.
async fn run(database: &str, words: &[&str]) -> (bool, String) {
    let url = url(&postgres().await.options(), "pancake", "", database);
    let mut command = Command::new(env!("CARGO_BIN_EXE_pancake"));
    command.args(words).env("DATABASE_URL", url);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    said(&output)
}

async fn parked(stage: &TestSite, module: &str) -> i64 {
    let unit = stage.ctx.unit_named(module).unwrap();
    pancake::bus::status::state(unit).await.unwrap().parked
}

fn said(output: &Output) -> (bool, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}
