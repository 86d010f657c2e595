//! Postgres refuses the site's user: for every member the database is away, and comes back. Nobody sees a fault of ours.
//!
//! That is what the documented change of a password looks like for nodes that still have the old one.

use std::time::Duration;

use axum::http::Method;
use sqlx::Executor;

use crate::client::{Call, Client, Heard};
use crate::postgres::postgres;
use crate::site::Site;
use crate::town::{Person, Town};
use crate::wait;

/// What takes the connections, and what gives them back.
const WAYS: [(&str, &str, &str); 3] = [
    ("the right to log in", "alter role keeper nologin", "alter role keeper login"),
    (
        "the database",
        "alter database refused allow_connections false",
        "alter database refused allow_connections true",
    ),
    (
        "a module's role",
        "alter role pancake_refused_chat rename to taken",
        "alter role taken rename to pancake_refused_chat",
    ),
];
const PAGES: [&str; 5] = ["/api/nav", "/api/alerts", "/api/chat", "/api/search", "/api/session"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_user_is_a_database_that_is_away() {
    let _machine = crate::MACHINE.read().await;
    let town = Town::open(postgres().await, "refused", 2).await;
    let elsewhere = postgres().await.options().database("postgres");
    let mut above = sqlx::ConnectOptions::connect(&elsewhere).await.unwrap();
    above.execute("create role keeper superuser login").await.unwrap();
    let url = town.url().replace("postgres://pancake:", "postgres://keeper:").leak();
    let site = town.site(&[("DATABASE_URL", url), ("LOG", "off")]).await;
    let roles: Vec<String> =
        sqlx::query_scalar("select rolname::text from pg_roles where rolname like '%chat%'")
            .fetch_all(&mut above)
            .await
            .unwrap();
    let client = Client::new();
    let member = &town.people[0];
    for (what, take, give) in WAYS {
        let named = |sql: &str| {
            roles
                .iter()
                .find(|role| role.contains("refused"))
                .map_or(sql.to_owned(), |role| sql.replace("pancake_refused_chat", role))
        };
        above.execute(sqlx::AssertSqlSafe(named(take))).await.unwrap();
        let ended = "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'refused'";
        above.execute(ended).await.unwrap();
        let mut away = 0;
        for round in 0..3 {
            for page in PAGES {
                let answer = ask(&client, &site, member, page).await;
                assert!([200, 503].contains(&answer.0), "{what}, round {round}: {page}: {answer:?}");
                assert!(answer.0 == 200 || answer.1, "{what}: {page} does not say when to come back");
                away += usize::from(answer.0 == 503);
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        assert!(away > 0, "{what}: nothing was refused");
        above.execute(sqlx::AssertSqlSafe(named(give))).await.unwrap();
        wait::until("it works again", async || {
            let mut well = true;
            for page in PAGES {
                well &= ask(&client, &site, member, page).await.0 == 200;
            }
            well
        })
        .await;
        println!("refused: {what}: {away} of {} answers were 503, and none 500", 3 * PAGES.len());
    }
}

/// What a failover looks like in between, or a switch to it: everything can be read, and nothing written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_that_cannot_write_is_not_ready() {
    let _machine = crate::MACHINE.read().await;
    let town = Town::open(postgres().await, "read_only", 3).await;
    let site = town.site(&[("LOG", "off")]).await;
    let (client, people) = (Client::new(), &town.people);
    let elsewhere = postgres().await.options().database("postgres");
    let mut above = sqlx::ConnectOptions::connect(&elsewhere).await.unwrap();
    let ready = async |status: &str, checks: &str| {
        wait::until(checks, async || {
            let answer = tokio::task::block_in_place(|| site.get("/health/ready"));
            answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(checks)
        })
        .await;
    };
    let flirt =
        async |to: usize| match client.ask(site.address(), &Call::flirt(&people[0], &people[to])).await {
            Heard::Answer(answer) => answer,
            other => panic!("{other:?}"),
        };
    ready("200", r#""database":true,"writes":true"#).await;
    assert_eq!(flirt(1).await.status, 201);

    above.execute("alter database read_only set default_transaction_read_only = on").await.unwrap();
    let ended = "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'read_only'";
    above.execute(ended).await.unwrap();
    ready("503", r#""database":true,"writes":false"#).await;
    let answer = flirt(2).await;
    assert!(answer.is_later(), "{answer:?}");
    assert_eq!(ask(&client, &site, &people[1], "/api/alerts").await.0, 200, "it is read all the same");
    let status = async || {
        let mut status = crate::site::command();
        status.arg("status").env("DATABASE_URL", town.url());
        tokio::task::spawn_blocking(move || status.output()).await.unwrap().unwrap()
    };
    let said = status().await;
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(1), "{text}");
    assert!(text.contains("takes no writes"), "{text}");

    // Sessions keep what they began with: nobody ends them now.
    above.execute("alter database read_only reset default_transaction_read_only").await.unwrap();
    ready("200", r#""database":true,"writes":true"#).await;
    wait::until("members can do everything again", async || flirt(2).await.status == 201).await;
    // The node's next word that it runs is still to come.
    wait::until("the status is well again", async || status().await.status.success()).await;
}

/// The status, and whether it says when to come back.
async fn ask(client: &Client, site: &Site, by: &Person, page: &str) -> (u16, bool) {
    match client.ask(site.address(), &Call::new(Method::GET, page, by)).await {
        Heard::Answer(answer) => (answer.status, answer.retry_after.is_some()),
        other => panic!("{page}: {other:?}"),
    }
}
