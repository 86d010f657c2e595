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

/// The status, and whether it says when to come back.
async fn ask(client: &Client, site: &Site, by: &Person, page: &str) -> (u16, bool) {
    match client.ask(site.address(), &Call::new(Method::GET, page, by)).await {
        Heard::Answer(answer) => (answer.status, answer.retry_after.is_some()),
        other => panic!("{page}: {other:?}"),
    }
}
