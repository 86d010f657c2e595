//! Many windows of one member side by side: the newest are live, and they do not take that from each other.

use std::thread::sleep;
use std::time::Duration;

use pancake::live::STREAMS_MAX;

use crate::support::browser::Browser;
use crate::support::town::Town;

/// What a window would come back after, if it came back by itself.
const WATCHED: Duration = Duration::from_secs(5);
const NEWER: &str = "Newer windows of yours are live";

#[test]
fn windows_side_by_side_do_not_close_each_other() {
    let town = Town::open("tabs", &["nancy", "bob"]);
    let first = Browser::open(&town, "nancy");
    first.goto("/chat");
    let mut others = Vec::new();
    for _ in 0..STREAMS_MAX {
        let other = first.another_tab();
        other.goto("/alerts");
        others.push(other);
    }
    first.sees("#connection", NEWER);
    sleep(WATCHED);
    first.sees("#connection", NEWER);
    for other in &others {
        assert_eq!(other.count("#connection"), 0);
    }

    // She comes back to it: it is live, and one of the others is not.
    let _ = first.ask("dispatchEvent(new Event('focus'))");
    first.sees_count("#connection", 0);
    others[0].sees("#connection", NEWER);
    town.wrote("bob", "nancy", 1, "Hello");
    first.press("1 new conversation: show");
    for other in &others[1..] {
        other.sees("[data-count=chat] .badge", "1");
    }
}
