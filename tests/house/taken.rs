//! Who is here already: a nickname says so, an e-mail address never does.

use serde_json::{Value, json};

use crate::bodies::taken;
use crate::house::{Answer, Ask, House};

#[tokio::test]
async fn a_nickname_is_taken_in_every_spelling() {
    let house = House::open("house_nicknames", 80).await;
    for nickname in ["maja", "MAJA", "mAjA", "wilma", "rolf"] {
        let answer = apply(&house, nickname, "new@example.org").await;
        assert_eq!((answer.status, answer.field()), (409, "nickname".to_owned()), "{}", answer.text());
        assert_eq!(answer.code(), "register.nickname-taken");
        let check = house.ask(&Ask::get(format!("/api/register?nickname={nickname}")), None).await;
        assert_eq!(check.json()["free"], false, "{nickname}");
    }
    assert_eq!(accounts(&house, "new@example.org").await, 0);
    house.close().await;
}

#[tokio::test]
async fn an_address_that_is_taken_answers_like_a_success() {
    let house = House::open("house_addresses", 80).await;
    let members = members(&house).await;
    let refused = apply(&house, "newcomer", "MAJA@example.org").await;
    assert_eq!(self::members(&house).await, members, "nobody was added");
    assert_eq!(accounts(&house, "maja@example.org").await, 1);
    house.forgive().await;
    let taken = apply(&house, "newcomer", "new@example.org").await;
    assert_eq!(self::members(&house).await, members + 1, "and now somebody was");

    assert_eq!(taken.status, 201);
    assert_eq!(refused.status, taken.status);
    assert_eq!(refused.body, taken.body, "byte for byte");
    let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&refused), names(&taken));
    for (name, value) in refused.headers.iter().filter(|(name, _)| *name != "x-request-id") {
        assert_eq!(Some(value), taken.headers.get(name), "{name}");
    }
    let login = json!({ "nickname": "newcomer", "password": crate::house::PASSWORD }).to_string();
    assert_eq!(house.ask(&Ask::post("/api/session").json(login), None).await.status, 201);
    house.close().await;
}

#[tokio::test]
async fn the_page_tells_no_more_than_the_api() {
    let house = House::open("house_join_page", 80).await;
    let form = |nickname: &str, email: &str| {
        let good = taken().into_iter().find(|taken| taken.title == "POST /register").unwrap().good;
        let mut form: Value = good;
        (form["nickname"], form["email"]) = (json!(nickname), json!(email));
        Ask::post("/register").form(crate::bodies::form(&form))
    };
    let refused = house.ask(&form("first-one", "maja@example.org"), None).await;
    let taken = house.ask(&form("other-one", "new@example.org"), None).await;
    let said = |answer: &Answer| (answer.status, answer.header("location").to_owned(), answer.body.clone());
    assert_eq!(said(&refused), said(&taken));
    assert_eq!((taken.status, taken.header("location")), (303, "/register/joined"), "{}", taken.text());
    house.close().await;
}

async fn apply(house: &House, nickname: &str, email: &str) -> Answer {
    let mut body = taken().into_iter().find(|taken| taken.title == "POST /api/register").unwrap().good;
    (body["nickname"], body["email"]) = (json!(nickname), json!(email));
    house.ask(&Ask::post("/api/register").json(body.to_string()), None).await
}

async fn members(house: &House) -> i64 {
    let pool = &house.stage.ctx.unit_named("register").unwrap().pool;
    sqlx::query_scalar("select count(*) from register.member").fetch_one(pool).await.unwrap()
}

async fn accounts(house: &House, email: &str) -> i64 {
    let pool = &house.stage.ctx.unit_named("register").unwrap().pool;
    sqlx::query_scalar("select count(*) from register.account where lower(email) = $1")
        .bind(email)
        .fetch_one(pool)
        .await
        .unwrap()
}
