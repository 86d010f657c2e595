//! What axe-core finds on every page, as everybody who may see it, with nothing on the lists, and with something on
//! each, light and dark, large and small: the rules of WCAG A and AA, and what is good practice.
//!
//! axe-core is in a package of Python's index (`scripts/axe/requirements.txt`). Where that cannot be had the test is
//! skipped, and says so; where `CI` is set nothing is.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

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
/// Rules of a whole page: there the viewer, which is left out, has the heading and the main part.
const OF_THE_VIEWER: [&str; 2] = ["landmark-one-main", "page-has-heading-one"];
/// Where the package is that brings axe-core; of the rest of it nothing runs.
const LOCATE: &str =
    "import importlib.util as u; print(u.find_spec('axe_playwright_python').submodule_search_locations[0])";
/// A rule that is broken, and where, a line each. The first few of many are enough to find them.
const FINDINGS: &str = "axe.run({ exclude: ['.swagger-ui'] }, { resultTypes: ['violations'] }).then((found) => found.violations.flatMap(
    (rule) => rule.nodes.slice(0, 3).map((node) => `${rule.id}: ${node.html.slice(0, 200)} ${node.failureSummary}`)))";

#[test]
fn no_page_breaks_a_rule() {
    let Some(axe) = axe() else { return };
    let town = Town::open("axe", &["bob"]);
    move_in(&town);
    let mut found = BTreeSet::new();
    look(&town, &axe, &LOOKS[..1], &mut found);
    settle_in(&town);
    look(&town, &axe, &LOOKS, &mut found);
    found.extend(refused_forms(&town, &axe));
    let lines: Vec<_> = found.iter().map(String::as_str).collect();
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), lines.join("\n"));
}

fn look(town: &Town, axe: &str, looks: &[(Size, &str)], found: &mut BTreeSet<String>) {
    for (who, policies) in EVERYBODY {
        let browser = if who == "stranger" { Browser::of_a_stranger(town) } else { Browser::open(town, who) };
        prepare(&browser, axe);
        let more = MORE.iter().chain([&DOCS]).map(ToString::to_string).filter(|_| who == WIDE);
        for path in pages(town, policies).into_iter().chain(more) {
            browser.goto(&path);
            found.extend(findings(&browser, looks, &path));
        }
    }
}

/// What a form says that is shown again, and the notice of one that was not.
fn refused_forms(town: &Town, axe: &str) -> Vec<String> {
    let stranger = Browser::of_a_stranger(town);
    prepare(&stranger, axe);
    stranger.goto("/login");
    stranger.fill("Nickname", "bob");
    stranger.fill("Password", "not the one of his");
    stranger.press("Log in");
    // The page before it is gone.
    stranger.sees(".notice-bad", "");
    let mut found = findings(&stranger, &LOOKS, "a refused login");
    let bob = Browser::open(town, "bob");
    prepare(&bob, axe);
    bob.goto(&format!("/member/{WIDE}"));
    bob.press(&format!("Add to favourites: {WIDE}"));
    bob.sees(".notice", "");
    found.extend(findings(&bob, &LOOKS, "a notice"));
    found
}

/// Every page that she opens has axe-core in it.
fn prepare(browser: &Browser, axe: &str) {
    browser.forgive("status of 4");
    browser.tab.call("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": axe }));
}

fn findings(browser: &Browser, looks: &[(Size, &str)], page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (size, scheme) in looks {
        browser.size(*size);
        browser.scheme(scheme);
        let findings = browser.ask(FINDINGS);
        let findings = findings.as_array().unwrap_or_else(|| panic!("{page}: axe says {findings}"));
        let ours = |line: &&str| page != DOCS || !OF_THE_VIEWER.iter().any(|rule| line.starts_with(rule));
        let lines = findings.iter().filter_map(|line| line.as_str()).filter(ours);
        found.extend(lines.map(|line| format!("{page} as {} ({scheme}): {line}", browser.who)));
    }
    found
}

fn axe() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out =
        Command::new(root.join("scripts/venv.sh")).arg("axe").stderr(Stdio::inherit()).output().unwrap();
    if out.status.success() {
        let python = Path::new(String::from_utf8_lossy(&out.stdout).trim()).join("python");
        let out = Command::new(python).args(["-c", LOCATE]).output().unwrap();
        let folder = String::from_utf8(out.stdout).unwrap();
        return Some(std::fs::read_to_string(Path::new(folder.trim()).join("axe.min.js")).unwrap());
    }
    assert!(std::env::var_os("CI").is_none(), "no axe-core");
    eprintln!("SKIPPED, although it matters: accessibility. There is no axe-core.");
    None
}
