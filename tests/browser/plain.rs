//! The same without JavaScript: by looking again.

use crate::chat::message;
use crate::support::browser::Browser;
use crate::support::town::Town;

#[test]
fn two_write_to_each_other_without_javascript() {
    let town = Town::open("plain", &["nancy", "bob"]);
    let nancy = Browser::without_javascript(&town, "nancy");
    let bob = Browser::without_javascript(&town, "bob");
    nancy.goto("/member/bob");
    nancy.follow("Write to bob");
    nancy.fill("Message to bob", "Hello bob");
    nancy.press("Send");
    nancy.sees(&format!("{}.mine", message(1)), "Sent");

    bob.goto("/");
    bob.sees("[data-count=chat] .badge", "1");
    bob.follow("Chat, 1 new");
    bob.sees("#with-nancy.row-new", "Hello bob");
    bob.click("#with-nancy a");
    bob.sees(&message(1), "Hello bob");
    assert_eq!(bob.count("[data-count=chat] .badge"), 0);
    town.settle();

    nancy.follow("Look again");
    nancy.sees(&message(1), "Read");
    bob.fill("Message to nancy", "Hello nancy");
    bob.press("Send");
    bob.sees(&format!("{}.mine", message(2)), "Hello nancy");
    nancy.reload();
    nancy.sees(&message(2), "Hello nancy");

    // An empty one is refused by the browser, and a blank one by the site.
    nancy.fill("Message to bob", "   ");
    nancy.forgive("status of 422");
    nancy.press("Send");
    nancy.sees("#error-text", "");
    assert_eq!(nancy.count("#messages [data-number]"), 2);
}
