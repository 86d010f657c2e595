//! The pages of the chat, small and large, light and dark: what is needed is in the window. The pictures are kept in
//! `target/browser/`, for eyes.

use crate::chat::{message, says, writes};
use crate::support::browser::{Browser, LARGE, SMALL};
use crate::support::town::Town;

#[test]
fn the_chat_is_fit_to_be_seen() {
    let writers = ["anna", "bea", "cilla", "WWWWWWWWWWWWWWWWWWWW"];
    let town = Town::open("screens", &[&["nancy", "bob"][..], &writers[..]].concat());
    let nancy = Browser::open(&town, "nancy");
    nancy.goto("/chat");
    shows(&nancy, "inbox-empty", "h1");
    nancy.goto("/chat/bob");
    shows(&nancy, "thread-empty", "#composer");

    talk(&town, &nancy, &writers);
    nancy.goto("/chat");
    shows(&nancy, "inbox", "#with-bob");
    nancy.goto("/chat/bob");
    shows(&nancy, "thread", "#composer");
    nancy.goto("/chat/WWWWWWWWWWWWWWWWWWWW");
    shows(&nancy, "thread-new", "#composer");
    writes(&nancy, &"Far too long. ".repeat(150));
    nancy.sees("#left", "characters too many");
    shows(&nancy, "thread-long", "#composer");
    nancy.offline();
    nancy.sees("#connection", "No connection.");
    shows(&nancy, "thread-offline", "#connection");
}

/// A conversation with all that people write, and some more conversations.
fn talk(town: &Town, nancy: &Browser, writers: &[&str]) {
    let bob = Browser::open(town, "bob");
    bob.goto("/chat/nancy");
    let lines = [
        "Hello nancy",
        "Do you like pancakes? I make them with butter and cardamom, and every Sunday there are far too many of \
         them. Somebody should come and help.",
        "🥞🥞🥞",
        "https://example.org/a-very-long-address-that-nobody-can-break/anywhere/in/the/middle/of/it/at/all",
        "שלום, مرحبا",
    ];
    for (number, line) in (1..).zip(lines) {
        says(&bob, line);
        bob.sees(&message(number), "");
        bob.sees_count("#messages [data-number]", number);
    }
    for (number, line) in (6..).zip(["Oh yes", "When?", "I could be there in an hour, with strawberries."]) {
        says(nancy, line);
        nancy.sees_count("#messages [data-number]", number);
    }
    bob.sees_count("#messages [data-number]", 8);
    nancy.sees(&message(8), "Read");
    for writer in writers {
        let writer = Browser::open(town, writer);
        writer.goto("/chat/nancy");
        says(
            &writer,
            "Hello, you look nice. What are you doing on the first Sunday in June, when the sun shines?",
        );
        writer.sees(&message(1), "Sent");
    }
    nancy.sees("[data-count=chat]", "4");
}

/// Keeps four pictures. This must be in the window, and nothing beside it.
fn shows(nancy: &Browser, page: &str, needed: &str) {
    for (width, size) in [("small", SMALL), ("large", LARGE)] {
        nancy.size(size);
        for scheme in ["light", "dark"] {
            nancy.scheme(scheme);
            nancy.screenshot(&format!("chat-{page}-{width}-{scheme}"));
        }
        nancy.keeps_to_the_window();
        let within = format!(
            "(() => {{ const box = document.querySelector('{needed}').getBoundingClientRect();
             return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight; }})()"
        );
        nancy.until(&format!("{needed} is in the {width} window of {page}"), &within);
    }
    nancy.scheme("light");
}
