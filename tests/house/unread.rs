//! Unread numbers agree with what is unread, however close a message and its reading come to each other.

use std::time::Duration;

use axum::http::Method;
use pancake::kernel::id::MemberId;
use serde_json::{Value, json};
use sqlx::query;
use tokio::time::sleep;

use crate::house::{Ask, House, Who};

/// Enough for the requests of a round at one moment.
const CONNECTIONS: u16 = 128;
const ROUNDS: u64 = 240;
/// Rounds in which nobody does more than anybody may in a minute, or without an answer.
const FORGIVEN_EVERY: u64 = 20;
/// Milliseconds between a message and its reading.
const APART_MS: u64 = 8;

/// Two who write to each other, of whom the first reads.
struct Talk {
    house: House,
    reader: String,
    writer: String,
}

/// How the reader reads.
#[derive(Debug, Clone, Copy)]
enum How {
    Mark,
    Page,
    Type,
}

/// What the numbers say of the reader's thread.
#[derive(Debug, PartialEq, Eq)]
struct Numbers {
    /// Messages to her whose `read` is false.
    flags: i64,
    thread: i64,
    inbox: i64,
    conversations: i64,
}

impl Talk {
    async fn open(name: &str) -> Self {
        let house = House::open(name, CONNECTIONS).await;
        let reader = house.token(Who::Member).await.unwrap();
        let writer = house.stage.login(house.people.other).await.unwrap();
        Self { house, reader, writer }
    }

    fn with(member: MemberId) -> String {
        format!("/api/chat/{member}")
    }

    async fn send(&self, text: &str) -> i64 {
        let ask = Ask::post(Self::with(self.house.people.member)).json(json!({ "text": text }).to_string());
        let answer = self.house.ask(&ask, Some(&self.writer)).await;
        answer.json()["number"].as_i64().unwrap_or_else(|| panic!("not sent: {}", answer.text()))
    }

    async fn answer(&self) {
        let ask = Ask::post(Self::with(self.house.people.other)).json(r#"{"text":"Go on."}"#);
        assert_eq!(self.house.ask(&ask, Some(&self.reader)).await.status, 201);
    }

    async fn read(&self, how: How, number: i64) {
        let thread = Self::with(self.house.people.other);
        let ask = match how {
            How::Mark => Ask::post(format!("{thread}/read")).json(json!({ "upTo": number }).to_string()),
            How::Page => Ask::get("/chat/otto"),
            How::Type => Ask::new(Method::POST, format!("{thread}/typing")),
        };
        let answer = self.house.ask(&ask, Some(&self.reader)).await;
        assert!(answer.status < 300, "{how:?}: {}", answer.text());
    }

    async fn get(&self, target: impl Into<String>) -> Value {
        self.house.ask(&Ask::get(target), Some(&self.reader)).await.json()
    }

    async fn numbers(&self) -> Numbers {
        self.house.stage.settle().await.unwrap();
        let thread = self.get(Self::with(self.house.people.other)).await;
        let items = thread["items"].as_array().unwrap();
        let unread = items.iter().filter(|item| item["mine"] == false && item["read"] == false).count();
        Numbers {
            flags: i64::try_from(unread).unwrap(),
            thread: thread["unread"].as_i64().unwrap(),
            inbox: self.get("/api/chat").await["items"][0]["unread"].as_i64().unwrap(),
            conversations: self.get("/api/nav").await["conversations"].as_i64().unwrap(),
        }
    }
}

#[tokio::test]
async fn numbers_agree_when_a_message_arrives_while_its_reader_reads() {
    let talk = Talk::open("house_unread").await;
    let mut wrong = Vec::new();
    for round in 0..ROUNDS {
        if round % FORGIVEN_EVERY == 0 {
            talk.house.forgive().await;
            talk.answer().await;
        }
        let first = talk.send("one").await;
        let (reads_after, sends_after) = (round % APART_MS, round / APART_MS % 2 * (round % 3));
        let how = [How::Mark, How::Mark, How::Page, How::Type][usize::try_from(round / 3 % 4).unwrap()];
        let read = async {
            sleep(Duration::from_millis(reads_after)).await;
            talk.read(how, first).await;
        };
        let sent = async {
            sleep(Duration::from_millis(sends_after)).await;
            talk.send("two").await
        };
        let ((), newest) = tokio::join!(read, sent);
        let numbers = talk.numbers().await;
        let Numbers { flags, thread, inbox, conversations } = numbers;
        if thread != flags || inbox != flags || conversations != i64::from(flags > 0) {
            wrong.push(format!("round {round}, {how:?}: {numbers:?}"));
        }
        // Opening the thread settles whatever is left.
        talk.read(How::Page, newest).await;
        let left = talk.numbers().await;
        if left != (Numbers { flags: 0, thread: 0, inbox: 0, conversations: 0 }) {
            wrong.push(format!("round {round}, {how:?}, then opened: {left:?}"));
            talk.read(How::Mark, newest).await;
        }
    }
    assert!(wrong.is_empty(), "{} of {ROUNDS} rounds:\n{}", wrong.len(), wrong.join("\n"));
    talk.house.close().await;
}

/// As if an older version had left these numbers behind.
#[tokio::test]
async fn reading_a_thread_settles_a_number_that_is_wrong() {
    let talk = Talk::open("house_unread_settled").await;
    for (how, unread, wrong) in [
        (How::Page, true, 0),
        (How::Mark, true, 0),
        (How::Page, false, 5),
        (How::Mark, false, 5),
        (How::Page, true, 9),
        (How::Type, true, 9),
    ] {
        let newest = talk.send("Hello").await;
        if !unread {
            talk.read(How::Mark, newest).await;
        }
        talk.house.stage.settle().await.unwrap();
        let pool = &talk.house.stage.ctx.unit_named("chat").unwrap().pool;
        let set = "update chat.thread set unread = $2 where member = $1";
        query(set).bind(talk.house.people.member).bind(wrong).execute(pool).await.unwrap();
        talk.read(how, newest).await;
        let left = talk.numbers().await;
        let none = Numbers { flags: 0, thread: 0, inbox: 0, conversations: 0 };
        assert_eq!(left, none, "{how:?} of a thread that says {wrong}");
    }
    talk.house.close().await;
}
