//! Finding each other, as members see it: who is there, who is new, and whom one wants to find again. The pictures are
//! kept in `target/browser/`, for eyes.

use pancake::dev::test_site::story_time;
use pancake::kernel::id::MemberId;
use pancake::modules::draft::contract::DraftFactsUpdated;
use pancake::modules::interest::contract::InterestsUpdated;
use pancake::modules::online::contract::MemberSeen;
use pancake::modules::review::contract::PresentationApproved;
use pancake::shared::facts::{Children, Facts, Language, LookingFor, Smoking};
use pancake::shared::interests::InterestId;
use pancake::shared::people::DecidedBy;

use crate::support::browser::Browser;
use crate::support::machine::{LARGE, SMALL};
use crate::support::town::Town;

const OTHERS: [&str; 5] = ["anna", "bea", "cilla", "doris", "nancy"];
const PAGES: [(&str, &str); 17] = [
    ("start", "/"),
    ("news", "/news"),
    ("search", "/search?sort=newest"),
    ("search-few", "/search?sort=newest&photo=true&online=true&ageFrom=18&ageTo=40"),
    ("search-facts", "/search?gender=man&language=fi&heightFrom=170&children=has"),
    ("online", "/online"),
    ("roulette", "/online/next"),
    ("member", "/member/nancy"),
    ("report", "/member/nancy/report"),
    ("draft", "/draft"),
    ("facts", "/draft/facts"),
    ("interest", "/interest"),
    ("interest-find", "/interest?find=stamps"),
    ("media", "/media"),
    ("album", "/album"),
    ("ideal", "/ideal"),
    ("settings", "/settings"),
];

#[test]
fn bob_finds_nancy_and_keeps_her() {
    let town = Town::open("finding", &[&OTHERS[..], &["bob"]].concat());
    settle_in(&town);
    let bob = Browser::open(&town, "bob");
    for (name, path) in PAGES {
        shows(&bob, name, path);
    }
    // However long that took, nancy was here a moment ago.
    town.stage.set_time(story_time());
    bob.goto("/");
    bob.click("a.tile[href=\"/online\"]");
    bob.sees(".cards", "nancy");
    bob.follow("One after the other");
    bob.sees(".roulette", "Next one");
    bob.goto("/search?gender=&sort=newest");
    bob.click("input[name=photo]");
    bob.press("Search");
    bob.sees("#found", "1 member");
    bob.click(".card-link");
    bob.click("form[action='/favorite/nancy'] button");
    bob.sees(".notice", "");
    bob.click("form[action^='/like/'] button");
    bob.sees(".photos", "Liked");
    bob.goto("/favorite");
    bob.sees("#main", "nancy");
    shows(&bob, "favorite", "/favorite");
    bob.goto("/diary");
    bob.sees("#main", "nancy");
    shows(&bob, "diary", "/diary");
    bob.goto("/online");
    bob.press("Hide me");
    bob.sees("#main", "You are hidden.");
    shows(&bob, "hidden", "/online");
}

/// nancy has a photo and a presentation; all but one are here.
fn settle_in(town: &Town) {
    let nancy = town.id("nancy");
    town.photo("nancy");
    town.photo("nancy");
    let text = "I bake on Sundays and sail on all other days. There are always too many pancakes.";
    town.give(PresentationApproved { member: nancy, text: text.to_owned(), by: DecidedBy::OPERATOR });
    let told = Facts {
        looking_for: vec![LookingFor::Love, LookingFor::Writing],
        children: Some(Children::Wants),
        smoking: Some(Smoking::No),
        languages: vec![Language::Swedish, Language::Finnish, Language::English],
        height: Some(172),
    };
    let bobs = Facts { children: None, languages: vec![Language::Finnish], ..told.clone() };
    town.give(DraftFactsUpdated { member: nancy, facts: told });
    town.give(DraftFactsUpdated { member: town.id("bob"), facts: bobs });
    for (nickname, interests) in [("nancy", &["art", "baking", "skiing"][..]), ("bob", &["chess", "skiing"])]
    {
        let interests = interests.iter().map(|id| InterestId((*id).to_owned())).collect();
        town.give(InterestsUpdated { member: town.id(nickname), interests });
    }
    let here: Vec<MemberId> = OTHERS[1..].iter().map(|nickname| town.id(nickname)).collect();
    here.into_iter().for_each(|member| town.give(MemberSeen { member, day: None }));
    town.settle();
}

/// A page, small and large, light and dark; no wider than the window.
fn shows(who: &Browser, name: &str, path: &str) {
    for (width, size) in [("small", SMALL), ("large", LARGE)] {
        who.size(size);
        who.goto(path);
        for scheme in ["dark", "light"] {
            who.scheme(scheme);
            who.screenshot(&format!("finding-{name}-{width}-{scheme}"));
        }
        who.keeps_to_the_window();
    }
}
