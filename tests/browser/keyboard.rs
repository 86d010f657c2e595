//! Everything goes without a mouse.

use crate::join::PASSWORD;
use crate::support::browser::Browser;
use crate::support::town::Town;

#[test]
fn she_logs_in_and_flirts_with_the_keyboard_alone() {
    let town = Town::open("keyboard", &["nancy", "bob"]);
    let nancy = Browser::of_a_stranger(&town);
    nancy.goto("/login");
    nancy.tabs_to("Nickname");
    nancy.writes("nancy");
    nancy.key("Tab");
    assert_eq!(nancy.focused(), "Password");
    nancy.writes(PASSWORD);
    nancy.key("Enter");
    nancy.sees(".me-name", "nancy");

    let passed = nancy.tabs_to("bob");
    assert_eq!(passed[0], "Skip to the content", "{passed:?}");
    nancy.key("Enter");
    nancy.sees("h1", "bob");

    // Past the bar in one step.
    nancy.key("Tab");
    assert_eq!(nancy.focused(), "Skip to the content");
    nancy.key("Enter");
    nancy.key("Tab");
    assert_eq!(nancy.focused(), "Flirt with bob");
    nancy.key("Enter");
    nancy.sees(".flirted", "Now it is up to bob.");
}
