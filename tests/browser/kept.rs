//! What a member typed survives the end of her login, and is sent once; a tab that was left open acts in nobody else's
//! name; a button pressed twice is pressed once.

use crate::chat::{message, writes};
use crate::join::PASSWORD;
use crate::support::browser::Browser;
use crate::support::town::Town;

#[test]
fn a_message_outlives_its_login() {
    let town = Town::open("kept", &["nancy", "bob"]);
    let nancy = Browser::open(&town, "nancy");
    nancy.goto("/chat/bob");
    writes(&nancy, "Only once");
    town.end_logins("nancy");
    nancy.forgive("status of 401");
    nancy.key("Enter");
    nancy.sees("#error-text", "You are logged out here. What you wrote is kept.");
    nancy.until("the text is there", "document.querySelector('textarea').value === 'Only once'");
    nancy.press("Log in and send it");
    nancy.sees("h1", "You are logged out");
    logs_in_again(&nancy);
    nancy.sees_count("#messages [data-number]", 1);
}

#[test]
fn a_message_outlives_its_login_without_javascript() {
    let town = Town::open("kept_plain", &["nancy", "bob"]);
    let nancy = Browser::without_javascript(&town, "nancy");
    nancy.goto("/chat/bob");
    nancy.fill("Message to bob", "Only once");
    town.end_logins("nancy");
    nancy.forgive("status of 401");
    nancy.press("Send");
    nancy.sees("h1", "You are logged out");
    logs_in_again(&nancy);
    assert_eq!(nancy.count("#messages [data-number]"), 1);
}

/// From the page that keeps the message, to the thread with the message in it.
fn logs_in_again(nancy: &Browser) {
    nancy.sees(".kept-words", "Only once");
    nancy.fill("Nickname", "nancy");
    nancy.fill("Password", PASSWORD);
    nancy.press("Log in and send it");
    nancy.sees(&format!("{}.mine", message(1)), "Only once");
    assert_eq!(nancy.path(), "/chat/bob");
    nancy.until("sent", "document.querySelector('textarea').value === ''");
}

#[test]
fn a_tab_that_was_left_open_acts_for_nobody_else() {
    let town = Town::open("kept_tab", &["nancy", "bob", "carol"]);
    let nancy = Browser::open(&town, "nancy");
    nancy.goto("/chat/bob");
    writes(&nancy, "From nancy");
    let carol = nancy.another_tab();
    carol.goto("/");
    carol.press("Log out");
    carol.sees(".gate", "Log in");
    carol.goto("/login");
    carol.fill("Nickname", "carol");
    carol.fill("Password", PASSWORD);
    carol.press("Log in");
    carol.sees(".me-name", "carol");

    for tab in [&nancy, &carol] {
        tab.forgive("status of 401");
        tab.forgive("status of 409");
    }
    nancy.key("Enter");
    nancy.sees("#error-text", "You are logged in as carol now");
    nancy.until("the text is there", "document.querySelector('textarea').value === 'From nancy'");
    carol.goto("/chat/bob");
    carol.sees("#no-messages", "Nothing here yet");
}

#[test]
fn a_button_pressed_twice_is_pressed_once() {
    let town = Town::open("kept_twice", &["nancy", "bob"]);
    let nancy = Browser::open(&town, "nancy");
    nancy.goto("/member/bob");
    nancy.ask("[1, 2].forEach(() => document.querySelector('form[action=\"/flirt/bob\"] button').click())");
    nancy.sees(".notice", "Your flirt is on its way.");
    let bob = Browser::open(&town, "bob");
    bob.goto("/alerts");
    bob.sees("#main", "flirted with you");
}
