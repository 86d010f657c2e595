//! Access that is taken back has a number, and each module with a copy of it says when it has applied it.

use std::process::Command;

use axum::http::Method;
use pancake::dev::test_site::TestSite;
use pancake::kernel::id::MemberId;
use serde_json::json;
use sqlx::{ConnectOptions, Executor};

use crate::house::{Ask, House, Who};
use crate::postgres::postgres;
use crate::site::url;
use crate::spine::{journal_as, look};
use crate::wait::until;

const SITE: &str = "house_access_log";

async fn access_log() -> (bool, String) {
    let url = url(&postgres().await.options(), "pancake", "", SITE);
    let mut command = Command::new(env!("CARGO_BIN_EXE_pancake"));
    command.arg("access-log").env("DATABASE_URL", url);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// What it says of one revocation: a word for each module.
async fn says(number: i64, owner: MemberId, member: MemberId) -> Vec<String> {
    let (_, said) = access_log().await;
    assert!(said.lines().next().unwrap().ends_with("media    profile"), "{said}");
    let row = said.lines().find(|line| line.trim_start().starts_with(&format!("{number} ")));
    let row = row.unwrap_or_else(|| panic!("{number} is not in {said}"));
    let (_, says) = row.split_once(&format!("{owner}  {member} ")).unwrap_or_else(|| panic!("{said}"));
    says.split("  ").map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

#[tokio::test]
async fn what_was_taken_back_is_numbered_and_acknowledged() {
    let house = House::open(SITE, 80).await;
    let (owner, member) = (house.people.member, house.people.other);
    let token = house.token(Who::Member).await.unwrap();
    let change = async |method: Method| {
        let ask = Ask::new(method, format!("/api/album/access/{member}"));
        assert_eq!(house.ask(&ask, Some(&token)).await.status, 204);
    };
    assert_eq!(access_log().await, (true, "Nothing was taken back.\n".to_owned()));
    change(Method::PUT).await;
    house.stage.settle().await.unwrap();

    // media can read its copy and not write it: so it has not applied this.
    let mut locker = postgres().await.options().database(SITE).connect().await.unwrap();
    locker.execute("begin; lock table media.access in exclusive mode").await.unwrap();
    change(Method::DELETE).await;
    until("profile has applied it", async || reads(&house.stage, "profile").await == 2).await;
    assert_eq!(says(2, owner, member).await, ["not yet", "applied"]);
    locker.execute("rollback").await.unwrap();
    house.stage.settle().await.unwrap();
    assert_eq!(says(2, owner, member).await, ["applied", "applied"]);

    // What is granted later is no contradiction, and the newest revocation comes first.
    change(Method::PUT).await;
    change(Method::DELETE).await;
    change(Method::PUT).await;
    house.stage.settle().await.unwrap();
    let (well, said) = access_log().await;
    let numbers: Vec<_> = said.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!((well, numbers), (true, vec!["4", "2"]), "{said}");

    // Something of hers that cannot be handled holds up what comes after it: media still shows her the album.
    let broken = ("album", "private-album-access-granted");
    let at = house.stage.ctx.now();
    journal_as(&house.stage, broken, &member.to_string(), at, &json!({ "owner": 3, "member": member })).await;
    look(&house.stage);
    change(Method::DELETE).await;
    until("both have read it", async || {
        reads(&house.stage, "media").await == 7 && reads(&house.stage, "profile").await == 7
    })
    .await;
    let (well, said) = access_log().await;
    assert!(!well && said.contains("media still shows album 7: pancake dead-letter list media"), "{said}");
    assert_eq!(says(7, owner, member).await, ["failed", "failed"]);
    house.stage.close().await;
}

/// How far a module has read the journal of `album`.
async fn reads(stage: &TestSite, module: &str) -> i64 {
    let sql = format!("select pos from {module}.offsets where source = 'album'");
    let pool = &stage.ctx.unit_named(module).unwrap().pool;
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_optional(pool).await.unwrap().unwrap_or_default()
}
