//! A message is reported, a reviewer does something about it, and both sides hear of it. With JavaScript and without.

use pancake::modules::chat::contract::MessageSent;
use pancake::modules::register::contract::{Role, RoleGranted};
use pancake::shared::people::DecidedBy;

use crate::support::browser::Browser;
use crate::support::town::Town;

/// A small phone, and a desk.
const WINDOWS: [(u32, u32); 2] = [(360, 640), (1280, 800)];

fn town(name: &str) -> Town {
    let town = Town::open(name, &["nancy", "bob", "rita"]);
    let (role, by) = (Role::Reviewer, DecidedBy::OPERATOR);
    town.give(RoleGranted { member: town.id("rita"), role, by });
    let (from, to) = (town.id("bob"), town.id("nancy"));
    town.give(MessageSent { from, to, number: 1, text: "Send me money.".to_owned() });
    town.settle();
    town
}

#[test]
fn a_message_is_reported_and_its_writer_is_warned() {
    let town = town("reports");
    let nancy = Browser::open(&town, "nancy");
    nancy.goto("/chat/bob");
    nancy.sees("#messages", "Send me money.");
    is_whole(&nancy);
    nancy.follow("Report this message");
    nancy.sees("blockquote", "Send me money.");
    is_whole(&nancy);
    nancy.click("input[value='scam']");
    nancy.fill("What should the reviewer know?", "He asked twice.");
    nancy.press("Report");
    nancy.sees(".notice", "Thank you. A reviewer looks at it");
    town.settle();

    let rita = Browser::open(&town, "rita");
    rita.goto("/review");
    rita.sees("[data-item]", "nancy reported this message");
    is_whole(&rita);
    rita.tabs_to("Uphold … the report of bob");
    rita.key("r");
    rita.writes("Do not ask for money.");
    is_whole(&rita);
    rita.key("Enter");
    rita.sees(".notice", "is removed, and bob reads your reason.");
    town.settle();

    nancy.goto("/chat/bob");
    nancy.sees("#messages", "A reviewer has removed this message.");
    nancy.goto("/alerts");
    nancy.sees(".row-new", "a reviewer has done something about it");
    is_whole(&nancy);
    let bob = Browser::open(&town, "bob");
    bob.goto("/alerts");
    bob.sees(".row-new", "A reviewer has removed a message that you wrote: Do not ask for money.");
}

#[test]
fn a_profile_is_reported_and_its_member_is_banned_without_javascript() {
    let town = town("reports_plain");
    let bob = Browser::open(&town, "bob");
    bob.goto("/chat");
    let nancy = Browser::without_javascript(&town, "nancy");
    nancy.goto("/member/bob");
    nancy.follow("Report bob");
    nancy.click("input[value='scam']");
    nancy.press("Report");
    nancy.sees(".notice", "Thank you. A reviewer looks at it");
    town.settle();

    let rita = Browser::without_javascript(&town, "rita");
    rita.goto("/review");
    rita.click("summary.button-danger");
    let _ = rita.ask("document.querySelector('select[name=measure]').value = 'ban'");
    rita.fill("Reason", "You asked for money.");
    rita.press("Uphold the report of bob");
    rita.sees(".notice", "bob is gone.");
    town.settle();

    nancy.goto("/alerts");
    nancy.sees(".row-new", "a reviewer has done something about it");
    bob.goto("/chat");
    bob.sees("#main", "Log in");
}

/// Small and large, light and dark: nothing is cut off, and the picture is kept for eyes.
fn is_whole(browser: &Browser) {
    for window in WINDOWS {
        browser.size(window);
        browser.keeps_to_the_window();
    }
}
