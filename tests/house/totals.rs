//! Rates have totals: what one member can make another one carry, and what going to and fro leaves behind.

use axum::http::Method;
use serde_json::json;

use crate::house::{Ask, House, Who};

fn put(target: impl Into<String>) -> Ask {
    Ask::new(Method::PUT, target)
}

fn delete(target: impl Into<String>) -> Ask {
    Ask::new(Method::DELETE, target)
}

/// 2,000 characters, as people count them, and 34,000 bytes.
fn longest() -> String {
    format!("e{}", "\u{301}".repeat(8)).repeat(2_000)
}

#[tokio::test]
async fn bytes_without_an_answer_and_bytes_of_a_page_have_a_bound() {
    let house = House::open("house_totals", 80).await;
    let maja = house.token(Who::Member).await;
    let otto = house.stage.login(house.people.other).await.ok();
    let write =
        Ask::post(format!("/api/chat/{}", house.people.other)).json(json!({ "text": longest() }).to_string());
    for _ in 0..7 {
        assert_eq!(house.ask(&write, maja.as_deref()).await.status, 201);
    }
    let refused = house.ask(&write, maja.as_deref()).await;
    assert_eq!((refused.status, refused.code()), (409, "chat.unanswered".to_owned()));
    let short = Ask::post(format!("/api/chat/{}", house.people.other)).json(r#"{"text":"Hi"}"#);
    assert_eq!(house.ask(&short, maja.as_deref()).await.status, 201, "what is short still passes");

    let (mut from, mut seen) = (String::new(), 0);
    loop {
        let thread = Ask::get(format!("/api/chat/{}?max=100{from}", house.people.member));
        let answer = house.ask(&thread, otto.as_deref()).await;
        assert!(answer.body.len() < 200_000, "{} bytes", answer.body.len());
        let page: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        seen += page["items"].as_array().unwrap().len();
        match page["next"].as_i64() {
            Some(next) => from = format!("&from={next}"),
            None => break,
        }
    }
    assert_eq!(seen, 8, "nothing is lost on the way");
    let page = house.ask(&Ask::get("/chat/maja"), otto.as_deref()).await;
    assert!(page.status == 200 && page.body.len() < 200_000, "{} bytes", page.body.len());
    house.close().await;
}

#[tokio::test]
async fn going_to_and_fro_comes_to_an_end() {
    let house = House::open("house_to_and_fro", 80).await;
    let token = house.token(Who::Member).await;
    let otto = house.people.other;
    for (there, back, module, most) in [
        (put(format!("/api/block/{otto}")), delete(format!("/api/block/{otto}")), "block", 50),
        (put("/api/online/hidden"), delete("/api/online/hidden"), "online", 50),
        (put(format!("/api/favorite/{otto}")), delete(format!("/api/favorite/{otto}")), "favorite", 300),
    ] {
        let before = house.stage.head(module).await.unwrap();
        let mut refused = None;
        for _ in 0..=most {
            let answers =
                [house.ask(&there, token.as_deref()).await, house.ask(&back, token.as_deref()).await];
            refused = answers.into_iter().find(|answer| answer.status == 429);
            if refused.is_some() {
                break;
            }
            // The minute's allowance is another matter.
            let limits = house.stage.ctx.unit_named("limits").unwrap();
            let minute = "delete from limits.allowance where name = 'writes'";
            sqlx::query(minute).execute(&limits.pool).await.unwrap();
        }
        let refused = refused.unwrap_or_else(|| panic!("{module} goes on for ever"));
        assert!(refused.text().contains("You can go on in"), "{}", refused.text());
        house.stage.settle().await.unwrap();
        let rows = house.stage.head(module).await.unwrap() - before;
        assert!(rows <= 2 * most + 2, "{module}: {rows} rows");
    }
    // What protects is left: she can still block, and hide.
    for protects in [put(format!("/api/block/{otto}")), put("/api/online/hidden")] {
        assert_eq!(house.ask(&protects, token.as_deref()).await.status, 204);
    }
    house.close().await;
}
