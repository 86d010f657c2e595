//! Rate limits: they say what is left, they refuse, and a restart gives nobody a new allowance.

use std::net::SocketAddr;
use std::sync::Mutex;

use axum::extract::ConnectInfo;
use chrono::TimeDelta;
use pancake::dev::test_site::{TestSite, story_time};
use tower::ServiceExt;

use crate::house::{Answer, Ask, House, Who};
use crate::postgres::postgres;
use crate::sessions::login;

#[tokio::test]
async fn what_is_used_up_stays_so_after_a_restart() {
    let mut house = House::open("house_limits", 80).await;
    let mut left = 30;
    loop {
        let answer = login(&house, "maja", "not her password").await;
        if answer.status == 429 {
            break;
        }
        assert_eq!(answer.status, 401);
        left -= 1;
        assert_eq!(answer.header("ratelimit-policy"), "\"logins\";q=30;w=900");
        assert!(answer.header("ratelimit").starts_with(&format!("\"logins\";r={left};t=")), "{answer:?}");
    }
    assert_eq!(left, 0);
    refuses(&login(&house, "maja", "not her password").await);

    house.stage.close().await;
    house.stage = TestSite::reopen(postgres().await, "house_limits", 80).await.unwrap();
    refuses(&login(&house, "maja", "not her password").await);
    let page = house.ask(&Ask::post("/login").form("nickname=maja&password=x"), None).await;
    assert_eq!(page.status, 429, "a page and a program share it");
    // Where nobody has to be logged in, being so brings no allowance of one's own.
    let token = house.token(Who::Member).await;
    let same = house.ask(&Ask::post("/api/session").json("{}"), token.as_deref()).await;
    assert_eq!(same.status, 429);

    house.stage.set_time(story_time() + TimeDelta::minutes(16));
    assert_eq!(login(&house, "maja", "not her password").await.status, 401);
    house.close().await;
}

#[tokio::test]
async fn two_nodes_share_an_allowance() {
    let house = House::open("house_nodes", 80).await;
    let second = TestSite::reopen(postgres().await, "house_nodes", 80).await.unwrap();
    let other = House { stage: second, people: house.people.clone(), faults: Mutex::default() };
    for number in 0..30 {
        let node = if number % 2 == 0 { &house } else { &other };
        assert_eq!(login(node, "maja", "not her password").await.status, 401, "{number}");
    }
    refuses(&login(&house, "maja", "not her password").await);
    refuses(&login(&other, "maja", "not her password").await);
    other.close().await;
    house.close().await;
}

/// Tries at one account are counted wherever they come from: so an address of one's own does not help.
#[tokio::test]
async fn tries_at_one_account_are_counted() {
    let house = House::open("house_tries", 80).await;
    assert_eq!(login(&house, "maja", "not her password").await.status, 401);
    // As if many addresses had tried since.
    let pool = &house.stage.ctx.unit_named("limits").unwrap().pool;
    let tried = "update limits.allowance set used = 600 where name = 'login-tries'";
    assert_eq!(sqlx::query(tried).execute(pool).await.unwrap().rows_affected(), 1);
    assert_eq!(login(&house, " MAJA ", "not her password").await.status, 429);
    assert_eq!(login(&house, "otto", "not his password").await.status, 401);
    house.close().await;
}

/// A customer who has many IPv6 networks has more allowances than one, and not one for each. Her neighbours keep theirs.
#[tokio::test]
async fn many_networks_of_one_customer_share() {
    let house = House::open("house_networks", 80).await;
    let mut passed = 0;
    for network in 0..5 {
        for _ in 0..30 {
            let status = login_from(&house, &format!("2001:db8:1:{network:x}::1")).await;
            passed += usize::from(status == 401);
            assert!(status == 401 || status == 429, "{status}");
        }
    }
    assert_eq!(passed, 60, "two allowances for a /56");
    assert_eq!(login_from(&house, "2001:db8:1:ff::1").await, 429, "the same /56");
    assert_eq!(login_from(&house, "2001:db8:1:100::1").await, 401, "another /56");
    assert_eq!(login_from(&house, "2001:db8:2::1").await, 401, "another /48");
    house.close().await;
}

/// Tries to log in from there, with a nickname that nobody has.
async fn login_from(house: &House, address: &str) -> u16 {
    let ask = Ask::post("/api/session").json(r#"{"nickname":"nobody","password":"not a password"}"#);
    let mut request = ask.request();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address.parse().unwrap(), 4000)));
    house.stage.router.clone().oneshot(request).await.unwrap().status().as_u16()
}

/// A visit is an alert to somebody. What is left is said; when all is used nothing is shown, for unseen reading would be the
/// other way out.
#[tokio::test]
async fn visits_have_an_allowance_a_day() {
    let house = House::open("house_visits", 80).await;
    let token = house.token(Who::Member).await;
    let profile = Ask::get(format!("/api/profile/{}", house.people.other));
    for left in (31..300).rev() {
        let answer = house.ask(&profile, token.as_deref()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"visits\";q=300;w=86400");
        assert!(answer.header("ratelimit").starts_with(&format!("\"visits\";r={left};t=")), "{answer:?}");
    }
    let page = Ask::get("/member/otto");
    let said = house.ask(&page, token.as_deref()).await.text();
    assert!(said.contains("You have 30 profiles left."), "{said}");
    for _ in 0..30 {
        house.ask(&profile, token.as_deref()).await;
    }
    let refused = house.ask(&page, token.as_deref()).await;
    assert_eq!(refused.status, 429, "a page and a program share it");
    assert!(!refused.text().contains("Presentation"), "nothing is read unseen");
    for own in ["/member/maja".to_owned(), format!("/api/profile/{}", house.people.member)] {
        assert_eq!(house.ask(&Ask::get(own), token.as_deref()).await.status, 200, "her own is free");
    }
    house.stage.set_time(story_time() + TimeDelta::hours(25));
    let token = house.token(Who::Member).await;
    assert_eq!(house.ask(&page, token.as_deref()).await.status, 200, "on another day");
    house.close().await;
}

fn refuses(answer: &Answer) {
    assert_eq!((answer.status, answer.code()), (429, "too-many".to_owned()), "{}", answer.text());
    let wait: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=900).contains(&wait), "{wait}");
    assert_eq!(answer.header("ratelimit-policy"), "\"logins\";q=30;w=900");
    assert_eq!(answer.header("ratelimit"), format!("\"logins\";r=0;t={wait}"));
}
