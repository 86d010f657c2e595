//! Two members write to each other, each in a browser of her own, and nobody reloads.

use std::time::{Duration, Instant};

use crate::support::browser::Browser;
use crate::support::town::Town;

/// What a member is promised: the other's message, on an open page.
const SOON: Duration = Duration::from_secs(1);
/// Messages of which the middle one is to be soon enough: a busy machine may hold one back.
const ROUNDS: usize = 9;
/// How often so many are tried. Without signals a page rereads every 5 s: one run in seventeen would pass by chance.
const TRIES: usize = 3;

#[test]
fn what_one_writes_the_other_sees_within_a_second() {
    let town = Town::open("chat_soon", &["nancy", "bob"]);
    let (nancy, bob) = (Browser::open(&town, "nancy"), Browser::open(&town, "bob"));
    nancy.goto("/member/bob");
    nancy.follow("Write to bob");
    nancy.sees("#hint-text", "You can write to 20 new people today.");
    nancy.sees("#no-messages", "Nothing here yet");
    bob.goto("/chat/nancy");
    let mut times = Vec::new();
    let mut last = 0;
    while times.is_empty() || (last < TRIES * ROUNDS && !is_soon(&mut times)) {
        times.clear();
        for _ in 0..ROUNDS {
            last += 1;
            times.push(arrives(&nancy, &bob, last));
        }
    }
    assert!(is_soon(&mut times), "{times:?}");
    assert_eq!(nancy.count("#hint-text, #no-messages"), 0);
    assert_eq!(bob.count("#messages .mine"), 0);
    // bob has them before his eyes.
    nancy.sees_count("#messages .is-read", last);
    nancy.sees(&message(last), "Read");
    // Beside the thread stands the inbox, which says nothing of what both see already.
    for (who, other) in [(&nancy, "bob"), (&bob, "nancy")] {
        who.sees(&format!("#with-{other}"), &format!("Line {last}"));
        assert_eq!(who.count("[data-announce] button"), 0);
    }
}

/// Nancy sends a message. Returns how long it took until bob saw it.
fn arrives(nancy: &Browser, bob: &Browser, number: usize) -> Duration {
    writes(nancy, &format!("Line {number}"));
    let begun = Instant::now();
    nancy.key("Enter");
    bob.sees(&message(number), &format!("Line {number}"));
    let took = begun.elapsed();
    nancy.sees(&format!("{}.mine", message(number)), "Line");
    took
}

fn is_soon(times: &mut [Duration]) -> bool {
    times.sort();
    times[times.len() / 2] < SOON
}

#[test]
fn typing_shows_and_goes() {
    let town = Town::open("chat_typing", &["nancy", "bob"]);
    let (nancy, bob) = (Browser::open(&town, "nancy"), Browser::open(&town, "bob"));
    nancy.goto("/chat/bob");
    bob.goto("/chat/nancy");
    says(&nancy, "Hello");
    bob.sees(&message(1), "Hello");

    writes(&bob, "Well");
    nancy.sees("#typing", "bob is typing");
    bob.key("Enter");
    nancy.sees(&message(2), "Well");
    nancy.until("nobody is typing", "words(document.querySelector('#typing')) === ''");
    bob.until("it is sent", "document.querySelector('textarea').value === ''");

    // Who stops is no longer typing, after a while.
    writes(&bob, "I could say");
    nancy.sees("#typing", "bob is typing");
    nancy.until("nobody is typing", "words(document.querySelector('#typing')) === ''");
}

#[test]
fn counts_change_on_an_open_page() {
    let town = Town::open("chat_counts", &["nancy", "bob", "ove"]);
    let (nancy, bob) = (Browser::open(&town, "nancy"), Browser::open(&town, "bob"));
    let ove = Browser::open(&town, "ove");
    bob.goto("/");
    assert_eq!(bob.count("[data-count] .badge"), 0);
    for writer in [&nancy, &ove] {
        writer.goto("/chat/bob");
        says(writer, "Hello bob");
    }
    bob.sees("[data-count=chat] .badge", "2");
    bob.until("the title counts", "document.title.startsWith('(2) ')");
    nancy.goto("/member/bob");
    nancy.press("Flirt with bob");
    // A flirt, and the visit on the way.
    bob.sees("[data-count=alerts] .badge", "2");

    // In another tab he reads them, and this one knows.
    let other = bob.another_tab();
    other.goto("/chat/nancy");
    other.sees(&message(1), "Hello bob");
    bob.sees("[data-count=chat] .badge", "1");
    other.goto("/alerts");
    other.press("Mark all as read");
    bob.sees_count("[data-count=alerts] .badge", 0);
    other.goto("/chat/ove");
    bob.sees_count("[data-count] .badge", 0);
    bob.until("the title counts no more", "!document.title.startsWith('(')");
}

#[test]
fn the_inbox_says_what_is_new() {
    let town = Town::open("chat_inbox", &["nancy", "bob", "ove"]);
    let (nancy, bob) = (Browser::open(&town, "nancy"), Browser::open(&town, "bob"));
    let ove = Browser::open(&town, "ove");
    bob.goto("/chat");
    bob.sees(".empty", "No conversation yet.");
    nancy.goto("/chat/bob");
    says(&nancy, "First");
    bob.press("1 new conversation: show");
    bob.sees("#with-nancy.row-new", "First");
    assert_eq!(bob.count(".empty:not(.thread-none *)"), 0, "there is one now");

    // A row that is there changes in its place.
    says(&nancy, "Second");
    bob.sees("#with-nancy", "Second");
    bob.sees("#with-nancy .count", "2");

    ove.goto("/chat/bob");
    says(&ove, "Me too");
    bob.press("1 new conversation: show");
    let order = "[...document.querySelectorAll('#inbox [data-item]')].map((e) => e.id).join()";
    assert_eq!(bob.ask(order), "with-ove,with-nancy");

    // bob blocks ove in another tab: here he is gone, too.
    let other = bob.another_tab();
    other.goto("/member/ove");
    other.press("Block ove");
    other.click("form[action='/block/ove'] button");
    other.sees(".notice", "ove");
    bob.sees_count("#with-ove", 0);
    bob.sees_count("#with-nancy", 1);
}

#[test]
fn what_comes_while_she_reads_above_stays_below() {
    let town = Town::open("chat_below", &["nancy", "bob"]);
    let (nancy, bob) = (Browser::open(&town, "nancy"), Browser::open(&town, "bob"));
    for number in 1..=30 {
        town.wrote("nancy", "bob", number, &format!("Line {number}"));
    }
    nancy.goto("/chat/bob");
    bob.goto("/chat/nancy");
    nancy.sees_count("#messages .is-read", 30);
    bob.ask("document.querySelector('#thread').scrollTo(0, 0)");
    bob.ask("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))");
    says(&nancy, "Line 31");
    bob.sees("#below", "1 new message below");
    let top = "document.querySelector('#thread').scrollTop";
    assert_eq!(bob.ask(top), 0);
    nancy.sees(&message(31), "Sent");

    bob.press("1 new message below");
    bob.sees_count("#below", 0);
    nancy.sees(&message(31), "Read");
    assert!(bob.ask(top).as_f64().unwrap() > 0.0);
}

#[test]
fn who_is_logged_out_elsewhere_is_told() {
    let town = Town::open("chat_out", &["nancy", "bob"]);
    let (here, there) = (Browser::open(&town, "nancy"), Browser::open(&town, "nancy"));
    here.goto("/chat/bob");
    there.goto("/settings");
    there.press("Log out everywhere");
    here.sees("#connection", "You are logged out here.");
    here.follow("Go on");
    here.sees("h1", "Welcome back");
}

/// The message with this number.
pub(crate) fn message(number: usize) -> String {
    format!("#m-{number}")
}

/// Types a message, and does not send it yet.
pub(crate) fn writes(who: &Browser, words: &str) {
    who.click("#composer textarea");
    who.writes(words);
}

/// Types a message and sends it.
pub(crate) fn says(who: &Browser, words: &str) {
    writes(who, words);
    who.key("Enter");
}
