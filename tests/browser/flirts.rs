//! Two members and a flirt, with JavaScript and without.

use crate::support::browser::Browser;
use crate::support::town::Town;

#[test]
fn a_flirt_becomes_an_alert() {
    let town = Town::open("flirt", &["nancy", "bob"]);
    let nancy = Browser::open(&town, "nancy");
    let bob = Browser::open(&town, "bob");
    tell(&town, &nancy, &bob);
}

#[test]
fn a_flirt_becomes_an_alert_without_javascript() {
    let town = Town::open("flirt_plain", &["nancy", "bob"]);
    let nancy = Browser::without_javascript(&town, "nancy");
    let bob = Browser::without_javascript(&town, "bob");
    tell(&town, &nancy, &bob);
}

fn tell(town: &Town, nancy: &Browser, bob: &Browser) {
    nancy.goto("/");
    nancy.follow("Alerts");
    nancy.sees("main", "All quiet.");

    bob.goto("/member/nancy");
    bob.press("Flirt with nancy");
    bob.sees(".notice", "Your flirt is on its way.");
    // The page waits a moment for that, but not for ever.
    town.settle();
    bob.reload();
    bob.sees(".flirted", "Now it is up to nancy.");

    nancy.reload();
    nancy.sees(".row-new", "bob flirted with you");
    nancy.sees(".row-new", "bob visited your profile");
    assert_eq!(nancy.count(".row"), 2);
}
