//! What is said while the line is down: nothing is lost, and nothing is there twice.

use crate::chat::{message, says, writes};
use crate::support::browser::Browser;
use crate::support::town::Town;

#[test]
fn offline_and_back_nothing_is_lost_and_nothing_doubled() {
    let town = Town::open("offline", &["nancy", "bob"]);
    let (nancy, bob) = (Browser::open(&town, "nancy"), Browser::open(&town, "bob"));
    nancy.goto("/chat/bob");
    bob.goto("/chat/nancy");
    says(&nancy, "One");
    bob.sees(&message(1), "One");

    bob.offline();
    bob.sees("#connection", "No connection.");
    says(&nancy, "Two");
    says(&nancy, "Three");
    says(&bob, "From the tunnel");
    bob.sees("#error-text", "Not sent yet");
    nancy.sees(&message(3), "Sent");
    assert_eq!(bob.count("#messages [data-number]"), 1);

    bob.online();
    bob.sees(&message(3), "Three");
    bob.sees(&format!("{}.mine", message(4)), "From the tunnel");
    bob.sees_count("#connection", 0);
    bob.sees_count("#error-text", 0);
    nancy.sees(&message(4), "From the tunnel");
    says(&nancy, "Five");
    for who in [&nancy, &bob] {
        who.sees(&message(5), "Five");
        assert_eq!(lines(who), ["One", "Two", "Three", "From the tunnel", "Five"]);
    }
}

#[test]
fn a_message_whose_answer_was_lost_is_sent_once() {
    let town = Town::open("offline_answer", &["nancy", "bob"]);
    let (nancy, bob) = (Browser::open(&town, "nancy"), Browser::open(&town, "bob"));
    nancy.goto("/chat/bob");
    bob.goto("/chat/nancy");
    writes(&nancy, "Only once");
    nancy.loses_the_answer("POST", "/chat/bob", || nancy.key("Enter"));
    bob.sees(&message(1), "Only once");
    nancy.sees(&format!("{}.mine", message(1)), "Only once");
    // The second try was answered, too: the field is empty.
    nancy.until("sent", "document.querySelector('textarea').value === ''");
    nancy.sees_count("#error-text", 0);
    says(&nancy, "And this");
    for who in [&nancy, &bob] {
        who.sees(&message(2), "And this");
        assert_eq!(lines(who), ["Only once", "And this"]);
    }
}

#[test]
fn what_is_written_after_a_lost_answer_is_a_message_of_its_own() {
    let town = Town::open("offline_more", &["nancy", "bob"]);
    let (nancy, bob) = (Browser::open(&town, "nancy"), Browser::open(&town, "bob"));
    nancy.goto("/chat/bob");
    bob.goto("/chat/nancy");
    writes(&nancy, "One");
    nancy.loses_the_answer("POST", "/chat/bob", || nancy.key("Enter"));
    nancy.sees("#error-text", "Not sent yet");
    says(&nancy, "Two");
    for who in [&nancy, &bob] {
        who.sees(&message(2), "Two");
        assert_eq!(lines(who), ["One", "Two"]);
    }
}

#[test]
fn what_was_not_sent_survives_a_reload() {
    let town = Town::open("offline_draft", &["nancy", "bob"]);
    let nancy = Browser::open(&town, "nancy");
    nancy.goto("/chat/bob");
    writes(&nancy, "Half a sent");
    nancy.reload();
    nancy.until("the draft is there", "document.querySelector('textarea').value === 'Half a sent'");
}

/// What the messages say, in the order of the page.
fn lines(who: &Browser) -> Vec<String> {
    let lines = who.ask("all('#messages [data-number] bdi').map(words)");
    serde_json::from_value(lines).unwrap()
}
