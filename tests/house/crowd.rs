//! Many programs and tabs of one member wait for news: they do not drive each other out for ever, and nobody misses
//! anything. Some heed `Retry-After`, and some do not.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use futures::future::join_all;
use http_body_util::BodyExt;
use pancake::kernel::id::MemberId;
use pancake::live::{POLLS_MAX, STREAMS_MAX};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use crate::house::{Ask, House, Who};

/// How long they are watched.
const WATCHED: Duration = Duration::from_secs(4);
/// A poll is held for up to 3 s, and may come back after 5 more.
const HEARD_MAX: Duration = Duration::from_secs(30);

/// What several programs of one member were told.
#[derive(Default)]
struct Tally {
    answers: Cell<usize>,
    refused: Cell<usize>,
    /// Which have heard of the message.
    heard: RefCell<Vec<usize>>,
}

#[tokio::test]
async fn polls_of_one_member_wait_side_by_side() {
    let house = House::open("house_crowd", 80).await;
    let people = &house.people;
    tokio::join!(
        polls(&house, people.member, POLLS_MAX, true),
        polls(&house, people.reviewer, POLLS_MAX + 4, true),
        polls(&house, people.admin, POLLS_MAX + 4, false),
    );
    house.close().await;
}

/// So many of one member, heeding `Retry-After` or not. First nothing happens, then somebody writes to her.
async fn polls(house: &House, member: MemberId, loops: usize, heeds: bool) {
    let token = house.stage.login(member).await.unwrap();
    let first = house.ask(&Ask::get("/api/poll?wait=0"), Some(&token)).await.json();
    let (after, tally) = (first["after"].as_str().unwrap(), Tally::default());
    let programs = (0..loops).map(|number| poll(house, &token, number, (after, heeds), &tally));
    let watched = async {
        sleep(WATCHED).await;
        // Whoever is too many is told so every three seconds at most, heeding or not.
        let (surplus, refused) = (loops - POLLS_MAX, tally.refused.get());
        assert_eq!(tally.answers.get(), refused, "{loops} polls: answers without news");
        assert!((surplus..=2 * surplus).contains(&refused), "{loops} polls: {refused} refusals");
        write(house, member).await;
        let all = async {
            while tally.heard.borrow().len() < loops {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(HEARD_MAX, all).await.unwrap_or_else(|_| panic!("of {loops}: {:?}", tally.heard.borrow()));
    };
    tokio::select! {
        _ = join_all(programs) => {}
        () = watched => {}
    }
}

/// As the README says: on with the cursor of the answer, and where it is 429 after a while.
async fn poll(house: &House, token: &str, number: usize, (after, heeds): (&str, bool), tally: &Tally) {
    let mut after = after.to_owned();
    loop {
        let answer = house.ask(&Ask::get(format!("/api/poll?after={after}")), Some(token)).await;
        tally.answers.set(tally.answers.get() + 1);
        match answer.status {
            200 => {
                let news = answer.json();
                news["after"].as_str().unwrap().clone_into(&mut after);
                let heard = news["changed"].as_array().unwrap().iter().any(|module| module == "chat");
                if heard && !tally.heard.borrow().contains(&number) {
                    tally.heard.borrow_mut().push(number);
                }
            }
            429 => {
                tally.refused.set(tally.refused.get() + 1);
                assert_eq!(answer.code(), "poll.too-many");
                let wait: u64 = answer.header("retry-after").parse().expect("it says when to come back");
                if heeds {
                    sleep(Duration::from_secs(wait)).await;
                }
            }
            status => panic!("{status}: {}", answer.text()),
        }
    }
}

#[tokio::test]
async fn streams_of_one_member_do_not_close_each_other_for_ever() {
    let house = House::open("house_crowd_streams", 80).await;
    let token = house.token(Who::Member).await.unwrap();
    let (opened, heard) = (Cell::new(0), Cell::new(0));
    let streams = (0..STREAMS_MAX + 2).map(|_| stream(&house, &token, &opened, &heard));
    let watched = async {
        sleep(WATCHED).await;
        // Each once, and some that took the place of others.
        assert!(opened.get() <= 3 * STREAMS_MAX, "{} were opened", opened.get());
        write(&house, house.people.member).await;
        let four = async {
            while heard.get() < STREAMS_MAX {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(HEARD_MAX, four).await.unwrap_or_else(|_| panic!("{} heard of it", heard.get()));
    };
    tokio::select! {
        _ = join_all(streams) => {}
        () = watched => {}
    }
    house.close().await;
}

/// Opens a stream again as soon as it ends or is refused, which no page of ours does.
async fn stream(house: &House, token: &str, opened: &Cell<usize>, heard: &Cell<usize>) {
    loop {
        let request = Request::get("/live?after=chat:0")
            .header("host", "127.0.0.1")
            .header("cookie", format!("session={token}"));
        let answer = house.stage.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert!([200, 429].contains(&answer.status().as_u16()), "{}", answer.status());
        assert_eq!(answer.status() == 429, answer.headers().contains_key("retry-after"));
        opened.set(opened.get() + usize::from(answer.status() == 200));
        let mut body = answer.into_body();
        while let Some(Ok(frame)) = body.frame().await {
            let text = String::from_utf8(frame.into_data().unwrap_or_default().to_vec()).unwrap();
            heard.set(heard.get() + usize::from(text.contains("event: changed")));
        }
    }
}

/// Otto writes to her.
async fn write(house: &House, to: MemberId) {
    let otto = house.stage.login(house.people.other).await.unwrap();
    let message = Ask::post(format!("/api/chat/{to}")).json(r#"{"text": "Hello"}"#);
    let answer = house.ask(&message, Some(&otto)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}
