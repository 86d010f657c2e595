//! Logins: how long they live, how they end, what is stored of them, and who may use a browser's.

use axum::http::Method;
use chrono::TimeDelta;
use pancake::dev::test_site::story_time;
use serde_json::{Value, json};
use sqlx::query_scalar;

use crate::house::{Answer, Ask, House, PASSWORD, Who};

const SESSION: &str = "/api/session";

#[tokio::test]
async fn a_login_ends_by_idling_and_by_age() {
    let house = House::open("house_lifetime", 80).await;
    let token = house.token(Who::Member).await.unwrap();
    // 14 days unused.
    turn(&house, TimeDelta::days(14) - TimeDelta::minutes(1));
    assert_eq!(me(&house, &token).await.status, 200);
    // That was a use, so it lives on from there.
    used(&house, TimeDelta::days(14) - TimeDelta::minutes(1)).await;
    turn(&house, TimeDelta::days(27));
    assert_eq!(me(&house, &token).await.status, 200);
    turn(&house, TimeDelta::days(28) + TimeDelta::minutes(1));
    assert_eq!(me(&house, &token).await.status, 401, "idle for too long");

    // Used every day, it ends after 90 days.
    turn(&house, TimeDelta::zero());
    let token = house.token(Who::Member).await.unwrap();
    for (days, status) in [(30, 200), (60, 200), (89, 200), (91, 401)] {
        turn(&house, TimeDelta::days(days));
        use_all(&house).await;
        assert_eq!(me(&house, &token).await.status, status, "day {days}");
    }
    house.close().await;
}

#[tokio::test]
async fn logins_end_one_by_one_and_all_at_once() {
    let house = House::open("house_endings", 80).await;
    let tokens = logins(&house, 4).await;
    let other = house.token(Who::Reviewer).await.unwrap();
    let second = me(&house, &tokens[1]).await.json()["session"].as_str().unwrap().to_owned();
    let end = Ask::new(Method::DELETE, format!("/api/session/{second}"));
    assert_eq!(house.ask(&end, Some(&other)).await.status, 404, "not hers, so not there");
    assert_eq!(me(&house, &tokens[1]).await.status, 200);
    assert_eq!(house.ask(&end, Some(&tokens[0])).await.status, 204);
    ended(&house, &tokens[1]).await;
    assert_eq!(house.ask(&end, Some(&tokens[0])).await.status, 404, "twice is not there");
    let list = house.ask(&Ask::get("/api/session/all"), Some(&tokens[0])).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 3);

    assert_eq!(house.ask(&Ask::new(Method::DELETE, SESSION), Some(&tokens[2])).await.status, 204);
    ended(&house, &tokens[2]).await;
    assert_eq!(me(&house, &tokens[3]).await.status, 200);

    assert_eq!(house.ask(&Ask::new(Method::DELETE, "/api/session/all"), Some(&tokens[0])).await.status, 204);
    for token in &tokens {
        ended(&house, token).await;
    }
    assert_eq!(me(&house, &other).await.status, 200);
    house.close().await;
}

#[tokio::test]
async fn a_new_password_ends_the_other_logins() {
    let house = House::open("house_password", 80).await;
    let tokens = logins(&house, 3).await;
    let change = |current: &str| {
        let body = json!({ "current": current, "password": "quite another one" });
        Ask::new(Method::PUT, "/api/session/password").json(body.to_string())
    };
    let wrong = house.ask(&change("not this one, no"), Some(&tokens[0])).await;
    assert_eq!((wrong.status, wrong.field()), (422, "current".to_owned()));
    assert_eq!(me(&house, &tokens[1]).await.status, 200);
    assert_eq!(house.ask(&change(PASSWORD), Some(&tokens[0])).await.status, 204);
    assert_eq!(me(&house, &tokens[0]).await.status, 200);
    ended(&house, &tokens[1]).await;
    ended(&house, &tokens[2]).await;
    assert_eq!(login(&house, "maja", PASSWORD).await.status, 401);
    assert_eq!(login(&house, "maja", "quite another one").await.status, 201);
    house.close().await;
}

#[tokio::test]
async fn no_secret_is_stored() {
    let house = House::open("house_secrets", 80).await;
    let token = login(&house, "maja", PASSWORD).await.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(me(&house, &token).await.status, 200);
    house.stage.settle().await.unwrap();
    let mut looked = 0;
    for unit in house.stage.ctx.units() {
        let tables: Vec<String> = query_scalar("select tablename::text from pg_tables where schemaname = $1")
            .bind(unit.spec.schema)
            .fetch_all(&unit.pool)
            .await
            .unwrap();
        for table in tables {
            let all = format!("select row::text from {}.{table} as row", unit.spec.schema);
            let rows: Vec<String> =
                query_scalar(sqlx::AssertSqlSafe(all)).fetch_all(&unit.pool).await.unwrap();
            for row in rows {
                looked += 1;
                let raw = hex(token.as_bytes());
                assert!(!row.contains(&token) && !row.contains(&raw), "{table} keeps a token");
                assert!(!row.contains(PASSWORD), "{table} keeps a password");
            }
        }
    }
    assert!(looked > 20, "only {looked} rows");
    let pool = &house.stage.ctx.unit_named("register").unwrap().pool;
    let lengths: Vec<i32> =
        query_scalar("select octet_length(token) from register.session").fetch_all(pool).await.unwrap();
    assert_eq!(lengths, [32], "a hash, and nothing else");
    let kept: Vec<String> =
        query_scalar("select password from register.account").fetch_all(pool).await.unwrap();
    assert!(kept.iter().all(|kept| kept.starts_with("$argon2id$")), "{kept:?}");
    house.close().await;
}

#[tokio::test]
async fn the_cookie_is_out_of_reach() {
    let house = House::open("house_cookie", 80).await;
    let form = format!("nickname=maja&password={}", PASSWORD.replace(' ', "+"));
    let answer = house.ask(&Ask::post("/login").form(form), None).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.split("; ").any(|has| has == part), "{cookie} lacks {part}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let token = cookie.split(';').next().unwrap().strip_prefix("session=").unwrap();
    assert_eq!(house.ask(&Ask::get("/alerts"), Some(token)).await.status, 200);

    let out = house.ask(&Ask::post("/logout"), Some(token)).await;
    assert_eq!(out.status, 303);
    // To clear the cache takes seconds where it is large, and no page is in it.
    assert_eq!(out.header("clear-site-data"), "\"storage\"");
    let cookies: Vec<&str> =
        out.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
    assert!(cookies.iter().any(|it| it.starts_with("session=;") && it.contains("Max-Age=0")), "{cookies:?}");
    ended(&house, token).await;
    house.close().await;
}

#[tokio::test]
async fn another_site_changes_nothing() {
    let house = House::open("house_origin", 80).await;
    let token = house.token(Who::Member).await.unwrap();
    let own = format!("http://{}", house.stage.address);
    let cases: [(&[(&str, &str)], bool); 11] = [
        (&[("sec-fetch-site", "same-origin")], true),
        (&[("sec-fetch-site", "none")], true),
        (&[("sec-fetch-site", "cross-site")], false),
        (&[("sec-fetch-site", "same-site")], false),
        (&[("sec-fetch-site", "nonsense")], false),
        (&[("sec-fetch-site", "cross-site"), ("origin", &own)], false),
        (&[("origin", &own)], true),
        (&[("origin", "https://evil.example")], false),
        (&[("origin", "null")], false),
        (&[("origin", "http://127.0.0.1.evil.example")], false),
        (&[], false),
    ];
    for (headers, passes) in cases {
        for target in ["/block/otto", "/api/block/01890000-0000-7000-8000-000000000000"] {
            let method = if target.starts_with("/api") { Method::PUT } else { Method::POST };
            let mut ask = Ask::new(method, target).with("cookie", format!("session={token}"));
            for (name, value) in headers {
                ask = ask.with(name, *value);
            }
            let answer = house.ask_as_is(&ask).await;
            assert_eq!(
                answer.status != 403,
                passes,
                "{target} {headers:?}: {} {}",
                answer.status,
                answer.text()
            );
            let free = house.ask_as_is(&Ask { method: Method::GET, ..ask }.at("/alerts")).await;
            assert_eq!(free.status, 200, "reading is free: {headers:?}");
        }
    }
    // Logging in is a change too; and whoever sends a token means it.
    let foreign = Ask::post("/api/session").json("{}").with("origin", "https://evil.example");
    assert_eq!(house.ask_as_is(&foreign).await.status, 403);
    let program = Ask::post("/api/flirt/x").with("authorization", format!("Bearer {token}"));
    assert_eq!(house.ask_as_is(&program.with("origin", "https://evil.example")).await.status, 404);
    house.close().await;
}

#[tokio::test]
async fn a_login_does_not_tell_who_is_here() {
    let house = House::open("house_credentials", 80).await;
    let wrong = login(&house, "maja", "not her password").await;
    let nobody = login(&house, "nobody-here", "not her password").await;
    assert_eq!(wrong.status, 401);
    assert_eq!(wrong.status, nobody.status);
    let without_request = |answer: &Answer| {
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("instance");
        body
    };
    assert_eq!(without_request(&wrong), without_request(&nobody));
    assert_eq!(wrong.body.len(), nobody.body.len());

    let page = async |nickname: &str| {
        let ask = Ask::post("/login").form(format!("nickname={nickname}&password=not+her+password"));
        house.ask(&ask, None).await
    };
    let (wrong, nobody) = (page("maja").await, page("nobody-here").await);
    assert_eq!(wrong.status, nobody.status);
    assert_eq!(without_keys(&wrong).replace("maja", "nobody-here"), without_keys(&nobody));
    house.close().await;
}

/// A page without the keys of its forms, which are new for every page.
fn without_keys(answer: &Answer) -> String {
    let page = answer.text();
    let mut parts = page.split("name=\"_key\" value=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('"').map_or(part, |(_, rest)| rest))
}

fn turn(house: &House, ahead: TimeDelta) {
    house.stage.set_time(story_time() + ahead);
    // The clock of the cache is the machine's.
    house.stage.ctx.sessions().forget_all();
}

/// Waits until the use at this time is written down, which happens after the answer.
async fn used(house: &House, ahead: TimeDelta) {
    let pool = &house.stage.ctx.unit_named("register").unwrap().pool;
    crate::wait::until("the use of a session is written down", async || {
        let latest: Option<chrono::DateTime<chrono::Utc>> =
            query_scalar("select max(used) from register.session").fetch_one(pool).await.unwrap();
        latest.is_some_and(|used| used >= story_time() + ahead)
    })
    .await;
}

/// Uses are written once a minute by the machine's clock, so a test that turns its own writes them itself.
async fn use_all(house: &House) {
    let pool = &house.stage.ctx.unit_named("register").unwrap().pool;
    let now = house.stage.ctx.now();
    sqlx::query("update register.session set used = $1").bind(now).execute(pool).await.unwrap();
}

async fn logins(house: &House, count: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    for _ in 0..count {
        tokens.push(house.token(Who::Member).await.unwrap());
    }
    tokens
}

async fn me(house: &House, token: &str) -> Answer {
    house.ask(&Ask::get(SESSION), Some(token)).await
}

/// A signal takes an ended login out of the cache, a moment after the answer.
async fn ended(house: &House, token: &str) {
    crate::wait::until("the login has ended", async || me(house, token).await.status == 401).await;
}

pub(crate) async fn login(house: &House, nickname: &str, password: &str) -> Answer {
    let body: Value = json!({ "nickname": nickname, "password": password });
    house.ask(&Ask::post(SESSION).json(body.to_string()), None).await
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
