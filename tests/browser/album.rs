//! A member keeps a photo for whom she lets in: another asks, she opens the album, he sees it, and she takes it back. With
//! JavaScript and without. The pictures are kept in `target/browser/`, for eyes.

use crate::support::browser::Browser;
use crate::support::town::Town;

/// The smallest phone, and a desk.
const WINDOWS: [(&str, (u32, u32)); 2] = [("small", (320, 640)), ("large", (1280, 800))];
/// The private album on nancy's profile.
const PRIVATE: &str = "section[aria-labelledby=private]";
/// The pictures themselves have come, not only their places.
const LOADED: &str = "[...document.querySelectorAll('main img')].filter((it) => it.checkVisibility()) \
                      .every((it) => it.complete && it.naturalWidth > 0)";

#[test]
fn a_private_album_is_opened_and_taken_back() {
    let town = town("album");
    tells(&town, &Browser::open(&town, "nancy"), &Browser::open(&town, "bob"));
}

#[test]
fn a_private_album_is_opened_and_taken_back_without_javascript() {
    let town = town("album_plain");
    tells(&town, &Browser::without_javascript(&town, "nancy"), &Browser::without_javascript(&town, "bob"));
}

fn town(name: &str) -> Town {
    let town = Town::open(name, &["nancy", "bob"]);
    town.photo("nancy");
    town.photo("nancy");
    town
}

fn tells(town: &Town, nancy: &Browser, bob: &Browser) {
    nancy.goto("/media");
    nancy.press("Make private photo 2");
    nancy.sees(".notice", "This photo is in your private album now.");
    nancy.sees_count(".photo-good", 2);
    is_whole(nancy, "album-media");
    nancy.goto("/album");
    nancy.sees(".empty", "Nobody has asked, and nobody sees it.");
    is_whole(nancy, "album-empty");
    town.settle();

    bob.goto("/member/nancy");
    bob.sees_count(".photo", 1);
    is_whole(bob, "album-closed");
    bob.press("Ask to see the private album of nancy");
    bob.sees(PRIVATE, "You have asked.");
    is_whole(bob, "album-asked");
    town.settle();

    nancy.goto("/alerts");
    nancy.sees(".row-new", "asks to see your private album");
    nancy.click(".row-new .row-link");
    nancy.sees("[data-item]", "Asked to see it just now");
    is_whole(nancy, "album-list");
    nancy.press("Open to bob");
    nancy.sees(".notice", "bob sees your private album now.");
    town.settle();

    bob.goto("/alerts");
    bob.sees(".row-new", "opened a private album to you");
    bob.goto("/member/nancy");
    bob.sees_count(&format!("{PRIVATE} .photo"), 1);
    is_whole(bob, "album-open");
    bob.click(&format!("{PRIVATE} .photo-open"));
    bob.until("the viewer is open", "document.querySelector(':target').checkVisibility()");
    is_whole(bob, "album-viewer");
    bob.click(":target .viewer-close");

    nancy.goto("/member/nancy");
    nancy.sees(PRIVATE, "One member sees it.");
    is_whole(nancy, "album-own");
    nancy.follow("Who sees it");
    nancy.press("Take back from bob");
    nancy.sees(".notice", "bob no longer sees your private album.");
    town.settle();

    bob.goto("/member/nancy");
    bob.sees_count(&format!("{PRIVATE} .photo"), 0);
    bob.sees(PRIVATE, "Ask to see");
}

/// Every picture has come, and nothing stands out of the window, small or large.
fn is_whole(browser: &Browser, name: &str) {
    for (size, window) in WINDOWS {
        browser.size(window);
        browser.until("its pictures have come", LOADED);
        browser.keeps_to_the_window();
        for scheme in ["dark", "light"] {
            browser.scheme(scheme);
            browser.screenshot(&format!("{name}-{size}-{scheme}"));
        }
    }
}
