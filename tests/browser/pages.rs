//! Every page that the registry knows, as everybody who may see it: none complains, none is wider than the window,
//! and wherever the keyboard gets to can be seen.

use axum::http::Method;
use pancake::kernel::module::{Face, Policy};
use pancake::modules::block::contract::MemberBlocked;
use pancake::modules::favorite::contract::FavoriteMarked;
use pancake::modules::flirt::contract::FlirtSent;
use pancake::modules::like::contract::PhotoLiked;
use pancake::modules::profile::contract::ProfileReported;
use pancake::modules::register::contract::{Role, RoleGranted};
use pancake::shared::people::DecidedBy;
use pancake::shared::reports::Cause;

use crate::support::browser::Browser;
use crate::support::machine::{LARGE, SMALL};
use crate::support::town::Town;

/// For scripts, and without an end.
const STREAM: &str = "/live";
/// A picture, and no page.
const FILE: &str = "/media/{photo}/{size}";
/// The widest nickname there can be.
pub(crate) const WIDE: &str = "WWWWWWWWWWWWWWWWWWWW";

#[test]
fn every_page_is_fit_to_be_seen() {
    let town = Town::open("pages", &["bob"]);
    move_in(&town);
    settle_in(&town);
    for (who, policies) in EVERYBODY {
        let browser =
            if who == "stranger" { Browser::of_a_stranger(&town) } else { Browser::open(&town, who) };
        for path in pages(&town, policies) {
            browser.goto(&path);
            for size in [SMALL, LARGE] {
                browser.size(size);
                browser.keeps_to_the_window();
            }
            // The last one on each page, and each on the way is looked at.
            let passed = browser.tabs_to("the API");
            assert_eq!(passed[0], "Skip to the content", "{path} as {who}");
            assert!(passed.len() > 3, "{path} as {who}: {passed:?}");
        }
    }
}

/// Who is who in a town, and the pages to show her. Wider policies are looked at as a member with everything.
pub(crate) const EVERYBODY: [(&str, &[Policy]); 4] = [
    ("stranger", &[Policy::Public]),
    ("wilma", &[Policy::Registered]),
    ("rolf", &[Policy::Registered]),
    (WIDE, &[Policy::Public, Policy::Registered, Policy::Member, Policy::Reviewer, Policy::Admin]),
];

/// Everybody, and nothing has happened yet. Bob is there.
pub(crate) fn move_in(town: &Town) {
    town.join("wilma", "waiting");
    town.join("rolf", "rejected");
    let wide = town.join(WIDE, "approved");
    for role in [Role::Reviewer, Role::Admin] {
        town.give(RoleGranted { member: wide, role, by: DecidedBy::OPERATOR });
    }
    town.settle();
}

/// Something on every list: an alert, a message, a favourite, a photo, a blocked member, a decision, a report and an application that wait.
pub(crate) fn settle_in(town: &Town) {
    let (bob, wide) = (town.id("bob"), town.id(WIDE));
    town.give(FlirtSent { from: bob, to: wide });
    town.give(FavoriteMarked { member: wide, favorite: bob });
    let photo = town.photo("bob");
    town.give(PhotoLiked { member: wide, photo, owner: bob });
    town.give(MemberBlocked { member: wide, blocked: town.join("ove", "approved") });
    town.wrote("bob", WIDE, 1, &"W".repeat(500));
    let (text, words) = ("W".repeat(500), "W".repeat(100));
    town.give(ProfileReported { reporter: bob, member: wide, photo: None, text, cause: Cause::Scam, words });
    town.settle();
}

/// The paths of their pages.
pub(crate) fn pages(town: &Town, policies: &[Policy]) -> Vec<String> {
    let actions = town.stage.ctx.registry().actions().iter();
    let pages = actions.filter(|record| record.face == Face::Page && record.action.method == Method::GET);
    let pages = pages.filter(|record| {
        policies.contains(&record.action.policy) && ![STREAM, FILE].contains(&record.path.as_str())
    });
    // Bob's first message, too.
    let paths = pages.map(|record| record.path.replace("{nickname}", "bob").replace("{number}", "1"));
    let paths: Vec<String> = paths.collect();
    let unknown = paths.iter().find(|path| path.contains('{'));
    assert!(unknown.is_none(), "{unknown:?}: say above what its argument is");
    paths
}
