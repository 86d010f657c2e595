//! A member shows her face: she uploads it, a reviewer approves it, and another member sees it. With JavaScript and
//! without.

use pancake::modules::register::contract::{Role, RoleGranted};
use pancake::shared::people::DecidedBy;

use crate::support::browser::Browser;
use crate::support::town::Town;

/// A small phone, and a desk.
const WINDOWS: [(u32, u32); 2] = [(360, 640), (1280, 800)];
/// The picture itself has come, not only its place.
const LOADED: &str = "[...document.querySelectorAll('main img')].filter((it) => it.checkVisibility()) \
                      .every((it) => it.complete && it.naturalWidth > 0)";

fn town(name: &str) -> Town {
    let town = Town::open(name, &["nancy", "bob", "rita"]);
    let (role, by) = (Role::Reviewer, DecidedBy::OPERATOR);
    town.give(RoleGranted { member: town.id("rita"), role, by });
    town
}

#[test]
fn a_face_is_shown() {
    let town = town("photos");
    let nancy = Browser::open(&town, "nancy");
    nancy.goto("/media");
    nancy.sees(".empty", "No photo yet.");
    nancy.chooses("#field-photo", &["face.jpg", "boat.png", "words.jpg"]);
    nancy.press("Send for review");
    nancy.sees_count(".upload", 3);
    nancy.sees(".upload-failed", "words.jpg: This is no photo that we can read.");
    // The refusal is said in the browser's console, too.
    nancy.forgive("422");
    nancy.press("Leave out");
    nancy.sees_count(".own-photo", 2);
    is_whole(&nancy);
    town.settle();

    let rita = Browser::open(&town, "rita");
    rita.goto("/review");
    rita.sees_count("[data-item]", 2);
    is_whole(&rita);
    rita.tabs_to("Approve nancy");
    rita.key("a");
    rita.sees(".notice", "The photo of nancy is approved.");
    rita.sees_count("[data-item]", 1);
    rita.key("r");
    rita.writes("Nobody is on it.");
    rita.key("Enter");
    rita.sees(".notice", "nancy reads your reason, and can send another photo.");
    town.settle();

    let bob = Browser::open(&town, "bob");
    bob.goto("/member/nancy");
    bob.sees_count(".photo", 1);
    is_whole(&bob);
    bob.click(".photo-open");
    bob.until("the viewer is open", "document.querySelector('.viewer').checkVisibility()");
    is_whole(&bob);
    bob.key("Escape");
    bob.until("the viewer is closed", "!document.querySelector('.viewer').checkVisibility()");

    nancy.goto("/alerts");
    nancy.sees(".row-new", "Your photo was not approved: Nobody is on it.");
    nancy.goto("/media");
    nancy.sees(".photo-good", "Your portrait");
    nancy.sees(".photo-bad", "Not approved: Nobody is on it.");
}

#[test]
fn a_face_is_shown_without_javascript() {
    let town = town("photos_plain");
    let nancy = Browser::without_javascript(&town, "nancy");
    for (file, words) in [("face.jpg", "Me at home"), ("boat.png", "Me on a boat")] {
        nancy.goto("/media");
        nancy.chooses("#field-photo", &[file]);
        nancy.fill("What is to be seen?", words);
        nancy.press("Send for review");
        nancy.sees(".notice", "A reviewer looks at it before others do.");
    }
    nancy.press("Show first photo 2");
    nancy.sees(".notice", "This photo comes first now.");
    town.settle();

    let rita = Browser::without_javascript(&town, "rita");
    for left in [1, 0] {
        rita.goto("/review");
        rita.sees("[data-item]", "Described as: Me");
        rita.click("[data-item] form button");
        rita.sees(".notice", "The photo of nancy is approved.");
        rita.sees_count("[data-item]", left);
    }
    town.settle();

    let bob = Browser::without_javascript(&town, "bob");
    bob.goto("/member/nancy");
    bob.sees_count(".photo", 2);
    bob.click(".photo-open");
    bob.until("the first is shown", "document.querySelector(':target').matches('.viewer:nth-of-type(1)')");
    bob.sees(":target", "Me on a boat");
    bob.click(":target [rel=next]");
    bob.sees(":target", "Me at home");
    bob.click(":target .viewer-close");
    bob.until("the viewer is closed", "!document.querySelector(':target').matches('.viewer')");
}

/// Every picture has come, and nothing stands out of the window, small or large.
fn is_whole(browser: &Browser) {
    for window in WINDOWS {
        browser.size(window);
        browser.until("its pictures have come", LOADED);
        browser.keeps_to_the_window();
    }
}
