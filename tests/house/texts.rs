//! As long a text as its rules allow arrives, however it is sent; a longer one is refused where its writer sees it.

use axum::http::Method;
use pancake::kernel::module::BODY_MAX;
use pancake::shared::text::read::CHARACTER_BYTES_MAX;
use serde_json::json;

use crate::bodies::form;
use crate::house::{Answer, Ask, House, Who};

/// The longest character there is: a family of six, each with a colour of skin.
const LONGEST: &str = "👨🏿‍👩🏿‍👧🏿‍👦🏿‍👧🏿‍👦🏿";
/// Characters of a message, and of a reason.
const MESSAGE: usize = 2_000;
const REASON: usize = 500;

#[tokio::test]
async fn longest_texts_arrive_by_form_and_by_json() {
    assert_eq!(LONGEST.len(), CHARACTER_BYTES_MAX - 1);
    let house = House::open("house_texts", 80).await;
    let member = house.token(Who::Member).await;
    let api = Ask::post(format!("/api/chat/{}", house.people.other));
    let page = Ask::post("/chat/otto");
    let otto = house.stage.login(house.people.other).await.ok();
    // Nobody is sent more than two of these without an answer.
    let back = Ask::post(format!("/api/chat/{}", house.people.member)).json(r#"{"text":"Yes?"}"#);
    for (characters, by_json, by_form) in [(MESSAGE, 201, 303), (MESSAGE + 1, 422, 422)] {
        let text = LONGEST.repeat(characters);
        let body = json!({ "text": text });
        for sent in [body.to_string(), escaped(&text)] {
            let answer = house.ask(&api.clone().json(sent), member.as_deref()).await;
            assert_eq!(answer.status, by_json, "{characters} by JSON: {}", answer.text());
        }
        assert_eq!(house.ask(&back, otto.as_deref()).await.status, 201);
        let body = json!({ "text": text });
        let answer = house.ask(&page.clone().form(form(&body)), member.as_deref()).await;
        assert_eq!(answer.status, by_form, "{characters} by form");
        if by_form == 422 {
            assert!(
                said_at_the_field(&answer, "A message has at most 2,000 characters."),
                "{}",
                answer.text()
            );
        }
    }
    house.close().await;
}

#[tokio::test]
async fn longest_reason_arrives_by_form() {
    let house = House::open("house_reasons", 80).await;
    let reviewer = house.token(Who::Reviewer).await;
    let queue = house.ask(&Ask::get("/api/review"), reviewer.as_deref()).await.json();
    let item = queue["items"][0]["item"].as_str().expect("wilma waits").to_owned();
    let reject = Ask::post(format!("/review/{item}/reject"));
    for (characters, status) in [(REASON + 1, 422), (REASON, 303)] {
        let body = json!({ "reason": LONGEST.repeat(characters) });
        let answer = house.ask(&reject.clone().form(form(&body)), reviewer.as_deref()).await;
        assert_eq!(answer.status, status, "{characters}");
    }
    house.close().await;
}

#[tokio::test]
async fn who_sends_too_much_is_told_on_a_page() {
    let house = House::open("house_too_much", 80).await;
    let member = house.token(Who::Member).await;
    let registry = house.stage.ctx.registry();
    let send = registry.actions().iter().find(|record| record.title() == "POST /chat/{nickname}").unwrap();
    assert!(send.action.body_max > BODY_MAX);
    let ask = Ask::new(Method::POST, "/chat/otto").form("x".repeat(send.action.body_max + 1));
    let answer = house.ask(&ask, member.as_deref()).await;
    assert_eq!(answer.status, 413);
    assert!(answer.text().contains("shorten it, and send it again"), "{}", answer.text());
    house.close().await;
}

/// True where the page has the sentence at the field of the text.
fn said_at_the_field(answer: &Answer, sentence: &str) -> bool {
    let page = answer.text();
    page.split_once("id=\"error-text\"")
        .is_some_and(|(_, rest)| rest.split("</p>").next().unwrap().contains(sentence))
}

/// The message as JSON of a program that writes nothing but ASCII.
fn escaped(text: &str) -> String {
    let unit = |text: String, unit: u16| text + &format!("\\u{unit:04x}");
    let units = text.encode_utf16().fold(String::new(), unit);
    format!("{{\"text\":\"{units}\"}}")
}
