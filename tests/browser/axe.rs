//! What axe-core finds on every page, as everybody who may see it, light and dark, large and small, with nothing on
//! the lists and with something on each: the rules of WCAG A and AA, and what is good practice.
//!
//! axe-core comes through npm (`scripts/axe.sh`). Where that cannot be had the test is skipped, and says so; where `CI`
//! is set nothing is.

use std::collections::BTreeSet;
use std::process::Command;

use crate::pages::{EVERYBODY, WIDE, move_in, pages, settle_in};
use crate::support::browser::Browser;
use crate::support::machine::{LARGE, SMALL, Size};
use crate::support::town::Town;

/// What hangs together with neither is found in one of them.
const LOOKS: [(Size, &str); 2] = [(LARGE, "light"), (SMALL, "dark")];
/// Pages of the site that are no action's, refusals among them, and those that need more than a path.
const MORE: [&str; 6] = [
    "/nowhere",
    "/alerts?from=rubbish",
    "/search?ageFrom=17",
    "/search?gender=man",
    "/chat/ove",
    "/news?from=rubbish",
];
/// The page of the API, whose viewer is not ours and is left out.
const DOCS: &str = "/api/docs";
/// A rule that is broken, and where, a line each. The first few of many are enough to find them.
const FINDINGS: &str = "axe.run({ exclude: ['.swagger-ui'] }, { resultTypes: ['violations'] }).then((found) => found.violations.flatMap(
    (rule) => rule.nodes.slice(0, 3).map((node) => `${rule.id}: ${node.html.slice(0, 200)} ${node.failureSummary}`)))";

#[test]
fn no_page_breaks_a_rule() {
    let Some(axe) = axe() else { return };
    let town = Town::open("axe", &["bob"]);
    move_in(&town);
    let mut found = BTreeSet::new();
    look(&town, &axe, &mut found);
    settle_in(&town);
    look(&town, &axe, &mut found);
    found.extend(refused_forms(&town, &axe));
    let lines: Vec<_> = found.iter().map(String::as_str).collect();
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), lines.join("\n"));
}

fn look(town: &Town, axe: &str, found: &mut BTreeSet<String>) {
    for (who, policies) in EVERYBODY {
        let browser = if who == "stranger" { Browser::of_a_stranger(town) } else { Browser::open(town, who) };
        browser.forgive("status of 4");
        let more = MORE.iter().chain([&DOCS]).map(ToString::to_string).filter(|_| who == WIDE);
        for path in pages(town, policies).into_iter().chain(more) {
            browser.goto(&path);
            found.extend(findings(&browser, axe, &path));
        }
    }
}

/// What a form says that is shown again, and the notice of one that was not.
fn refused_forms(town: &Town, axe: &str) -> Vec<String> {
    let stranger = Browser::of_a_stranger(town);
    stranger.forgive("status of 4");
    stranger.goto("/login");
    stranger.fill("Nickname", "bob");
    stranger.fill("Password", "not the one of his");
    stranger.press("Log in");
    let mut found = findings(&stranger, axe, "a refused login");
    let bob = Browser::open(town, "bob");
    bob.goto(&format!("/member/{WIDE}"));
    bob.press(&format!("Flirt with {WIDE}"));
    found.extend(findings(&bob, axe, "a notice"));
    found
}

fn findings(browser: &Browser, axe: &str, page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (size, scheme) in LOOKS {
        browser.size(size);
        browser.scheme(scheme);
        let _ = browser.tab.ask(axe);
        let findings = browser.ask(FINDINGS);
        let findings = findings.as_array().unwrap_or_else(|| panic!("{page}: axe says {findings}"));
        found.extend(findings.iter().map(|line| format!("{page} as {} ({scheme}): {line}", browser.who)));
    }
    found
}

fn axe() -> Option<String> {
    let out = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/axe.sh")).output().unwrap();
    if out.status.success() {
        let path = String::from_utf8(out.stdout).unwrap();
        // What the script says of itself at its end is nothing that can be sent.
        return Some(format!("{};0", std::fs::read_to_string(path.trim()).unwrap()));
    }
    assert!(std::env::var_os("CI").is_none(), "{}", String::from_utf8_lossy(&out.stderr));
    eprintln!("SKIPPED, although it matters: accessibility. {}", String::from_utf8_lossy(&out.stderr));
    None
}
