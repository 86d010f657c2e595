//! Days and times are those of the reader's own clock, wherever she is.

use crate::chat::message;
use crate::support::browser::Browser;
use crate::support::town::Town;

/// bob lives in Falun, and is in New York. What is told happened at noon, UTC.
#[test]
fn a_page_is_drawn_in_the_zone_that_the_browser_says() {
    let town = Town::open("zones", &["nancy", "bob"]);
    town.wrote("nancy", "bob", 1, "Where are you?");
    town.settle();
    let bob = Browser::open(&town, "bob");
    bob.zone("America/New_York");
    bob.goto("/chat/nancy");
    bob.sees(&message(1), "14:00");
    // What comes into a page is told as the rest of it.
    town.wrote("nancy", "bob", 2, "Still there?");
    bob.sees(&message(2), "14:00");
    bob.reload();
    bob.sees(&message(1), "08:00");
    bob.sees(&message(2), "08:00");
    town.wrote("nancy", "bob", 3, "And now?");
    bob.sees(&message(3), "08:00");
    bob.sees_count("#messages [data-day]", 1);

    // Home again, and with a browser that does not run scripts.
    bob.zone("Europe/Stockholm");
    bob.reload();
    bob.reload();
    bob.sees(&message(1), "14:00");
    let plain = Browser::without_javascript(&town, "bob");
    plain.goto("/chat/nancy");
    plain.sees(&message(1), "14:00");
}
