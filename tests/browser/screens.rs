//! The pages of the chat, small and large, light and dark: what is needed is in the window. The pictures are kept in
//! `target/browser/`, for eyes.

use crate::support::browser::Browser;
use crate::support::machine::{LARGE, SMALL, Size};
use crate::support::town::Town;

const SIZES: [(&str, Size); 2] = [("small", SMALL), ("large", LARGE)];
/// The widest nickname there can be.
const WIDE: &str = "WWWWWWWWWWWWWWWWWWWW";

#[test]
fn the_chat_is_fit_to_be_seen() {
    let writers = ["anna", "bea", "cilla", WIDE];
    let town = Town::open("screens", &[&["nancy", "bob"][..], &writers[..]].concat());
    let nancy = Browser::open(&town, "nancy");
    shows(&nancy, "inbox-empty", "/chat", "h1");
    shows(&nancy, "thread-empty", "/chat/bob", "#composer, #thread-title");
    talk(&town, &writers);
    shows(&nancy, "inbox", "/chat", "#with-bob");
    shows(&nancy, "thread", "/chat/bob", "#composer, #thread-title, #m-7 .message-foot");
    shows(&nancy, "thread-wide", &format!("/chat/{WIDE}"), "#composer, #thread-title");
    for (width, size) in SIZES {
        nancy.size(size);
        nancy.goto("/chat/bob");
        nancy.fill("Message to bob", &"Far too long. ".repeat(150));
        nancy.sees("#left", "100 characters too many");
        keeps(&nancy, &format!("thread-long-{width}"), "#composer");
        nancy.offline();
        nancy.sees("#connection", "No connection.");
        keeps(&nancy, &format!("thread-offline-{width}"), "#connection, #composer");
        nancy.online();
        nancy.sees_count("#connection", 0);
    }
}

/// A conversation with all that people write, and some more conversations.
fn talk(town: &Town, writers: &[&str]) {
    let lines = [
        ("bob", "Hello nancy"),
        (
            "bob",
            "Do you like pancakes? Every Sunday there are far too many of them. Somebody should come and help.",
        ),
        (
            "bob",
            "https://example.org/a-very-long-address-that-nobody-can-break/anywhere/in/the/middle/of/it/at/all",
        ),
        ("bob", "שלום, مرحبا 🥞"),
        ("nancy", "Oh yes"),
        ("nancy", "When?"),
        ("nancy", "I could be there in an hour, with strawberries."),
    ];
    for (number, (from, text)) in (1..).zip(lines) {
        let to = if from == "bob" { "nancy" } else { "bob" };
        town.wrote(from, to, number, text);
    }
    for writer in writers {
        town.wrote(
            writer,
            "nancy",
            1,
            "Hello, you look nice. What are you doing on the first Sunday in June?",
        );
    }
}

/// A page as it opens, small and large.
fn shows(who: &Browser, name: &str, path: &str, needed: &str) {
    for (width, size) in SIZES {
        who.size(size);
        who.goto(path);
        keeps(who, &format!("{name}-{width}"), needed);
    }
}

/// Keeps a picture in light and one in dark. All of this must be in the window, under
/// nothing else, and nothing beside the window.
fn keeps(who: &Browser, name: &str, needed: &str) {
    let within = format!(
        "[...document.querySelectorAll('{needed}')].every((e) => {{ const box = e.getBoundingClientRect();
         const under = document.elementFromPoint(box.x + box.width / 2, box.bottom - 2);
         return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight && e.contains(under); }})"
    );
    for scheme in ["dark", "light"] {
        who.scheme(scheme);
        who.screenshot(&format!("chat-{name}-{scheme}"));
    }
    who.keeps_to_the_window();
    who.until(&format!("{needed} is in the window of {name}"), &within);
}
