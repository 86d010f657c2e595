//! Logging in and out, and what a refused form says.

use crate::join::PASSWORD;
use crate::support::browser::Browser;
use crate::support::town::Town;

#[test]
fn she_logs_in_and_out() {
    let town = Town::open("login", &["nancy"]);
    let nancy = Browser::of_a_stranger(&town);
    nancy.goto("/alerts");
    assert_eq!(nancy.path(), "/login?next=%2Falerts");

    nancy.fill("Nickname", "nancy");
    nancy.fill("Password", "not the one of hers");
    // The answer is 401, and the browser mentions that.
    nancy.forgive("status of 401");
    nancy.press("Log in");
    nancy.sees("[role=alert]", "do not belong together");

    nancy.fill("Password", PASSWORD);
    nancy.press("Log in");
    nancy.sees("h1", "Alerts");
    nancy.sees(".me-name", "nancy");

    nancy.press("Log out");
    nancy.sees(".gate", "Log in");
    nancy.goto("/alerts");
    assert_eq!(nancy.text("h1"), "Welcome back");
}

#[test]
fn two_browsers_share_no_cookies() {
    let town = Town::open("cookies", &["nancy"]);
    let nancy = Browser::open(&town, "nancy");
    let stranger = Browser::of_a_stranger(&town);
    nancy.goto("/");
    nancy.sees(".me-name", "nancy");
    stranger.goto("/");
    stranger.sees(".gate", "Log in");
    nancy.reload();
    nancy.sees(".me-name", "nancy");
}

#[test]
fn a_new_password_is_judged_while_it_is_typed() {
    let town = Town::open("strength", &[]);
    let stranger = Browser::of_a_stranger(&town);
    stranger.goto("/register");
    stranger.fill("Nickname", "wilhelmina");
    for (typed, said) in [
        ("short", "5 more characters"),
        ("wilhelmina1234", "Easily guessed"),
        ("1234567890", "Easily guessed"),
        ("eight pancakes", "This will do"),
        ("seven warm words of our own", "A good password"),
    ] {
        stranger.fill("Password", typed);
        stranger.sees("[data-strength-of]", said);
    }
}
