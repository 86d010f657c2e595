//! The forced race: something happens between the reading of a page and the moment from which its reader is told of
//! changes, at every await point on the way, for every kind of thing that is live. In the end she sees what is so.
//!
//! Nothing is left to luck: the request is polled by hand, and what happens in between happens after its first,
//! second, third … time of waiting, until there is none left.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use http_body_util::BodyExt;
use pancake::bus::Bus;
use pancake::bus::memory::MemoryBus;
use pancake::bus::null::NullBus;
use pancake::dev::test_site::{TestSite, TestSiteOptions, story_time};
use pancake::kernel::event::AnyEvent;
use pancake::kernel::fault_injection::Off;
use pancake::kernel::id::MemberId;
use pancake::modules::alerts::contract::AlertRead;
use pancake::modules::block::contract::{MemberBlocked, MemberUnblocked};
use pancake::modules::chat::contract::{MemberReadThread, MessageSent};
use pancake::modules::ideal::contract::IdealUpdated;
use pancake::modules::news::contract::NewsRead;
use pancake::modules::profile::contract::ProfileVisited;
use pancake::modules::review::contract::PhotoApproved;
use pancake::shared::people::{DecidedBy, Gender, Ideal};
use scraper::{Html, Selector};
use tokio::time::{Instant, timeout_at};
use tower::ServiceExt;

use crate::join::join;
use crate::postgres::postgres;

/// How long a stream may take to tell of what is in the tables.
const HEARD_MAX: Duration = Duration::from_secs(20);
/// Await points of one request beyond which the test would never end.
const POINTS_MAX: usize = 200;
/// How often a moment is looked for before it is believed that there is none.
const MISSES_MAX: usize = 3;

/// What is live: what happens, and on which page of otto's it shows.
const KINDS: [(&str, What, &str); 12] = [
    ("a message comes to the open thread", What::Message, "/chat/maja"),
    ("a message comes to the inbox", What::Message, "/chat"),
    ("a message comes to the numbers", What::Message, "/block"),
    ("his message is read", What::ReadByHer, "/chat/maja"),
    ("he writes on another device", What::OwnMessage, "/chat/maja"),
    ("he reads on another device", What::ReadByHim, "/chat"),
    ("an alert comes", What::Alert, "/alerts"),
    ("he sees his alerts on another device", What::AlertsSeen, "/alerts"),
    ("a story comes", What::Story, "/news"),
    ("a story comes to the numbers", What::Story, "/block"),
    ("he sees his news on another device", What::NewsSeen, "/news"),
    ("he blocks on another device, and takes it back", What::Block, "/chat"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Message,
    OwnMessage,
    ReadByHer,
    ReadByHim,
    Alert,
    AlertsSeen,
    Story,
    NewsSeen,
    Block,
}

struct Town {
    stage: TestSite,
    otto: MemberId,
    maja: MemberId,
    reader: Reader,
    number: i64,
    blocked: bool,
    time: DateTime<Utc>,
}

impl Town {
    async fn open(name: &str, bus: Arc<dyn Bus>) -> Self {
        let options = TestSiteOptions { bus, ..TestSiteOptions::of(96) };
        let stage = TestSite::open_with(postgres().await, name, options).await.unwrap();
        let (otto, maja) = (join(&stage, "otto", "approved").await, join(&stage, "maja", "approved").await);
        let reader = Reader { router: stage.router.clone(), token: stage.login(otto).await.unwrap() };
        let mut town = Self { stage, otto, maja, reader, number: 0, blocked: false, time: story_time() };
        let ideal = Ideal { gender: Gender::Woman, from: 18, to: 60, place: None };
        town.publish(IdealUpdated { member: otto, ideal }).await;
        for what in [What::OwnMessage, What::Message, What::Alert, What::Story] {
            town.happens(what).await;
        }
        town
    }

    /// Opening a thread marks it as read, and only this test shall do that: where messages come, the listener that
    /// keeps marks is off; elsewhere all is read before, so that there is nothing to mark.
    async fn leave_marks(&mut self, what: What) {
        self.stage.settle().await.unwrap();
        let listeners = self.stage.ctx.registry().listeners();
        let marks = listeners.iter().find(|record| record.module == "chat" && record.name == "KeepMarks");
        let off = Off::Listener(marks.unwrap().number);
        self.stage.ctx.rehearsal().switch_off((what == What::Message).then_some(off));
        if what == What::ReadByHer {
            self.happens(What::ReadByHim).await;
        }
    }

    /// What has to be so before `what` can happen.
    async fn prepare(&mut self, what: What) {
        match what {
            What::ReadByHer => self.happens(What::OwnMessage).await,
            What::ReadByHim => self.happens(What::Message).await,
            What::AlertsSeen => self.happens(What::Alert).await,
            What::NewsSeen => self.happens(What::Story).await,
            _ => {}
        }
        self.stage.settle().await.unwrap();
    }

    async fn happens(&mut self, what: What) {
        let (otto, maja, number) = (self.otto, self.maja, self.number + 1);
        let text = format!("no {number}");
        match what {
            What::Message => {
                self.number = number;
                self.publish(MessageSent { from: maja, to: otto, number, text }).await;
            }
            What::OwnMessage => {
                self.number = number;
                self.publish(MessageSent { from: otto, to: maja, number, text }).await;
            }
            What::ReadByHer => {
                self.publish(MemberReadThread { member: maja, with: otto, up_to: self.number }).await;
            }
            What::ReadByHim => {
                self.publish(MemberReadThread { member: otto, with: maja, up_to: self.number }).await;
            }
            What::Alert => {
                // Two visits within an hour would be one.
                self.time += TimeDelta::hours(2);
                self.publish(ProfileVisited { visitor: maja, member: otto }).await;
            }
            What::AlertsSeen => {
                let (up_to, at) = (self.stage.ctx.new_id(), self.time);
                self.publish(AlertRead { member: otto, up_to, at }).await;
            }
            What::Story => {
                let photo = self.stage.ctx.new_id();
                self.publish(PhotoApproved {
                    member: maja,
                    photo,
                    alt: String::new(),
                    by: DecidedBy::OPERATOR,
                })
                .await;
            }
            What::NewsSeen => {
                let (up_to, at) = (self.stage.ctx.new_id(), self.time);
                self.publish(NewsRead { member: otto, up_to, at }).await;
            }
            What::Block => {
                self.blocked = !self.blocked;
                if self.blocked {
                    self.publish(MemberBlocked { member: otto, blocked: maja }).await;
                } else {
                    self.publish(MemberUnblocked { member: otto, unblocked: maja }).await;
                }
            }
        }
    }

    async fn publish(&mut self, event: impl AnyEvent + 'static) {
        self.time += TimeDelta::seconds(1);
        let applied = self.stage.publish(Box::new(event), self.time).await.unwrap();
        assert!(applied.changed(), "what happens changes something");
    }
}

/// otto's browser.
#[derive(Clone)]
struct Reader {
    router: Router,
    token: String,
}

impl Reader {
    async fn get(&self, path: &str) -> Response {
        let request = Request::get(path)
            .header(header::HOST, "otto.test")
            .header("sec-fetch-site", "same-origin")
            .header(header::COOKIE, format!("session={}", self.token));
        let request = request.body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }

    async fn page(&self, path: &str) -> Page {
        let body = self.get(path).await.into_body().collect().await.unwrap().to_bytes();
        Page::read(&String::from_utf8_lossy(&body))
    }
}

/// What a page shows that can change, and what it says it has seen.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    cursor: String,
    shows: BTreeSet<String>,
}

impl Page {
    fn read(html: &str) -> Self {
        let html = Html::parse_document(html);
        let all =
            |css: &str| html.select(&Selector::parse(css).unwrap()).map(|it| it.html()).collect::<Vec<_>>();
        let body = Selector::parse("body").unwrap();
        let cursor = html.select(&body).next().and_then(|it| it.attr("data-live")).unwrap_or_default();
        let shows = ["[data-number]", "[data-item]", "[data-count]", "h1", "title"];
        // How long ago it was says nothing of what is so.
        let untimed = |text: String| text.split("<time").next().unwrap_or_default().to_owned();
        let shows = shows.into_iter().flat_map(all).map(untimed).collect();
        Self { cursor: cursor.to_owned(), shows }
    }
}

/// Polls `work` by hand, and does `between` after it has had to wait `point` times. False if it was done before.
async fn interrupted<F: Future>(
    work: F,
    point: usize,
    between: impl Future<Output = ()>,
) -> (F::Output, bool) {
    let mut work = pin!(work);
    let mut waits = 0;
    let done = poll_fn(|cx| {
        if waits == point {
            return Poll::Ready(None);
        }
        match work.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => {
                waits += 1;
                if waits == point { Poll::Ready(None) } else { Poll::Pending }
            }
        }
    });
    if let Some(output) = done.await {
        return (output, false);
    }
    between.await;
    (work.await, true)
}

/// When in her way something happens.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// While the page is made.
    Reading(usize),
    /// While the stream is opened.
    Subscribing(usize),
}

/// She loads the page, opens its stream, and loads again if she hears of anything: then she sees what is so. False
/// if there is no such moment any more.
async fn race(town: &mut Town, what: What, path: &str, moment: Moment) -> bool {
    town.prepare(what).await;
    let reader = town.reader.clone();
    let (page, mut there) = match moment {
        Moment::Reading(point) => interrupted(reader.page(path), point, town.happens(what)).await,
        Moment::Subscribing(_) => (reader.page(path).await, false),
    };
    let live = format!("/live?after={}", page.cursor);
    let stream = match moment {
        Moment::Reading(_) => reader.get(&live).await,
        Moment::Subscribing(point) => {
            let (stream, was) = interrupted(reader.get(&live), point, town.happens(what)).await;
            there = was;
            stream
        }
    };
    assert_eq!(stream.status(), 200, "{live}");
    if !there {
        return false;
    }
    town.stage.settle().await.unwrap();
    let after = reader.page(path).await;
    assert_eq!(reader.page(path).await.shows, after.shows, "the same page twice is the same");
    let known = page.cursor.split(',').all(|seen| after.cursor.split(',').any(|now| now == seen));
    // Tables settle a moment before streams are told.
    let heard = heard(stream, if known { Duration::ZERO } else { HEARD_MAX }).await;
    assert!(
        heard.is_empty() == known,
        "{what:?} at {moment:?}: {heard:?} of {} and {}",
        page.cursor,
        after.cursor
    );
    // Who heard of something loads again, and sees this. Who heard of nothing must see it already.
    assert!(
        !heard.is_empty() || page.shows == after.shows,
        "{what:?} on {path} at {moment:?} is missed: {:?}",
        after.shows.symmetric_difference(&page.shows).collect::<Vec<_>>()
    );
    true
}

/// What has come over a stream so far, or the first that comes within this time.
async fn heard(stream: Response, most: Duration) -> Vec<String> {
    let mut frames = stream.into_body().into_data_stream();
    let until = Instant::now() + most;
    let mut heard = Vec::new();
    while let Ok(Some(Ok(frame))) = timeout_at(until, frames.next()).await {
        let text = String::from_utf8_lossy(&frame).into_owned();
        if text.contains("event: changed") {
            heard.push(text);
            break;
        }
    }
    heard
}

async fn all_races(town: &mut Town) {
    let mut all = 0;
    for (says, what, path) in KINDS {
        town.leave_marks(what).await;
        let reading = moments(town, what, path, Moment::Reading).await;
        let subscribing = moments(town, what, path, Moment::Subscribing).await;
        // Before it begins is always one.
        assert!(reading >= 1 && subscribing >= 1, "{says}: {reading} and {subscribing} moments");
        all += reading + subscribing;
        println!("{says}: {reading} moments while reading, {subscribing} while subscribing");
    }
    // The others are while it waits for the database, unless that has answered in no time.
    assert!(all > 3 * KINDS.len(), "{all} moments are too few");
}

/// Races at the first, second, third … moment, and returns how many there are. A request waits now and then once
/// less than the time before, so a moment that is not there is tried again.
async fn moments(town: &mut Town, what: What, path: &str, moment: fn(usize) -> Moment) -> usize {
    let (mut point, mut missed) = (0, 0);
    while missed < MISSES_MAX {
        if race(town, what, path, moment(point)).await {
            (point, missed) = (point + 1, 0);
            assert!(point < POINTS_MAX, "{path}: no request waits that often");
        } else {
            missed += 1;
        }
    }
    point
}

#[tokio::test]
async fn whatever_happens_between_reading_and_subscribing_is_seen() {
    let _machine = crate::MACHINE.read().await;
    let mut town = Town::open("live_races", Arc::new(MemoryBus::default())).await;
    all_races(&mut town).await;
    town.stage.close().await;
}

/// Where no signal and no entry arrives over the bus, the versions are reread.
#[tokio::test]
async fn it_is_seen_without_a_bus_too() {
    let _machine = crate::MACHINE.read().await;
    let mut town = Town::open("live_races_null", Arc::new(NullBus::default())).await;
    all_races(&mut town).await;
    town.stage.close().await;
}
