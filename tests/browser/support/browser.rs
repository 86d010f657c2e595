//! What a member does with a browser, and what she sees in it. A test reads as her story.
//!
//! Whatever she is to see is waited for.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::machine::LARGE;
use super::tab::Tab;
use super::town::Town;

/// No page has so many stops for the keyboard.
const STOPS_MAX: usize = 100;
/// Functions for the scripts below: `all` finds what is visible, `words` reads it as people do, and `name` is what
/// a screen reader would call it.
const WORDS: &str = "const words = (e) => (e.innerText ?? e.textContent).replace(/\\s+/g, ' ').trim();
const name = (e) => e.labels?.length ? words(e.labels[0]) : e.textContent.replace(/\\s+/g, ' ').trim();
const all = (css) => [...document.querySelectorAll(css)].filter((e) => e.checkVisibility());
";

/// A ring around what has the focus, or around the card or row that it fills.
const FOCUS_SHOWS: &str = "(() => {
    const ring = (e, part) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(e, part);
        return outlineStyle !== 'none' && outlineWidth !== '0px';
    };
    let e = document.activeElement;
    // The parts of a date are the browser's own, and so are their rings.
    if (e.type === 'date' || ring(e, '::after')) return true;
    while (e && !ring(e)) e = e.parentElement;
    return e !== null;
})()";

/// What sticks out at the side, if anything does.
const TOO_WIDE: &str = "(() => {
    const width = document.documentElement.clientWidth;
    if (document.scrollingElement.scrollWidth <= width) return null;
    const wide = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > width + 1);
    return wide.map((e) => e.outerHTML.slice(0, 120)).join(', ') || 'something';
})()";

/// A member with a tab of her own.
pub(crate) struct Browser {
    pub(crate) tab: Tab,
    pub(super) site: String,
    pub(crate) who: String,
    pub(super) forgiven: RefCell<Vec<String>>,
}

impl Browser {
    /// Of somebody who has not logged in.
    pub(crate) fn of_a_stranger(town: &Town) -> Self {
        Self::new(town, "stranger")
    }

    /// Of a member who has logged in.
    #[track_caller]
    pub(crate) fn open(town: &Town, nickname: &str) -> Self {
        let browser = Self::new(town, nickname);
        browser.log_in(town, nickname);
        browser
    }

    /// Of a member who has logged in, without JavaScript.
    #[track_caller]
    pub(crate) fn without_javascript(town: &Town, nickname: &str) -> Self {
        let browser = Self::new(town, nickname);
        browser.tab.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
        browser.log_in(town, nickname);
        browser
    }

    /// One more of the same browser: it has the same cookies.
    pub(crate) fn another_tab(&self) -> Self {
        Self::of(self.tab.another(), self.site.clone(), self.who.clone())
    }

    fn new(town: &Town, who: &str) -> Self {
        Self::of(Tab::open(), town.url(""), who.to_owned())
    }

    fn of(tab: Tab, site: String, who: String) -> Self {
        let browser = Self { tab, site, who, forgiven: RefCell::default() };
        browser.size(LARGE);
        browser
    }

    /// As the page to log in would; stories about that go there.
    fn log_in(&self, town: &Town, nickname: &str) {
        let cookie =
            json!({ "url": self.site, "name": "session", "value": town.log_in(nickname), "httpOnly": true });
        self.tab.call("Network.setCookie", &cookie);
    }

    // Where she is.

    #[track_caller]
    pub(crate) fn goto(&self, path: &str) {
        self.tab.goto(&format!("{}{path}", self.site));
    }

    #[track_caller]
    pub(crate) fn reload(&self) {
        self.tab.reload();
    }

    /// The page that she is on.
    #[track_caller]
    pub(crate) fn path(&self) -> String {
        text(&self.ask("location.pathname + location.search"))
    }

    // What she sees.

    /// Waits until something visible has these words in it.
    #[track_caller]
    pub(crate) fn sees(&self, css: &str, words: &str) {
        let script = format!("all({}).some((e) => words(e).includes({}))", quoted(css), quoted(words));
        self.until(&format!("{css} says {words:?}"), &script);
    }

    /// Waits until so many are visible.
    #[track_caller]
    pub(crate) fn sees_count(&self, css: &str, count: usize) {
        self.until(&format!("{count} times {css}"), &format!("all({}).length === {count}", quoted(css)));
    }

    /// Waits until a script says so.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, script: &str) {
        let script = scope(script);
        self.tab
            .until(&format!("{what}, for {}", self.who), || self.tab.ask(&script) == Some(Value::Bool(true)));
    }

    /// Nothing sticks out at the side.
    #[track_caller]
    pub(crate) fn keeps_to_the_window(&self) {
        let wide = self.ask(TOO_WIDE);
        assert!(
            wide.is_null(),
            "{} of {} is too wide at {}: {wide}",
            self.path(),
            self.who,
            self.ask("innerWidth")
        );
    }

    /// The words of the first that is visible, as it is now.
    #[track_caller]
    pub(crate) fn text(&self, css: &str) -> String {
        text(&self.ask(&format!("words(all({})[0])", quoted(css))))
    }

    /// How many are visible now.
    #[track_caller]
    pub(crate) fn count(&self, css: &str) -> u64 {
        self.ask(&format!("all({}).length", quoted(css))).as_u64().unwrap()
    }

    /// What a script answers in the page that is there now.
    #[track_caller]
    pub(crate) fn ask(&self, script: &str) -> Value {
        let script = scope(script);
        let mut answer = None;
        self.tab.until("a page", || {
            answer = self.tab.ask(&script);
            answer.is_some()
        });
        answer.unwrap()
    }

    // What she does.

    /// Presses the button with this name, and waits for the page that may follow.
    #[track_caller]
    pub(crate) fn press(&self, name: &str) {
        self.click_on(&format!("all('button, summary').find((e) => name(e) === {})", quoted(name)), name);
    }

    /// Follows the link with this name.
    #[track_caller]
    pub(crate) fn follow(&self, name: &str) {
        self.click_on(&format!("all('a[href]').find((e) => name(e) === {})", quoted(name)), name);
    }

    #[track_caller]
    pub(crate) fn click(&self, css: &str) {
        self.click_on(&format!("all({})[0]", quoted(css)), css);
    }

    /// Writes into the field with this label, instead of what it holds.
    #[track_caller]
    pub(crate) fn fill(&self, label: &str, words: &str) {
        let field = format!("all('label').find((e) => words(e) === {})?.control", quoted(label));
        self.click_on(&field, label);
        let _ = self.ask("document.activeElement.select()");
        self.writes(words);
    }

    /// Chooses files for a field. They lie beside the use cases of `media`.
    #[track_caller]
    pub(crate) fn chooses(&self, css: &str, names: &[&str]) {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/usecases/media/");
        let files: Vec<String> = names.iter().map(|name| format!("{folder}{name}")).collect();
        let page = self.tab.call("DOM.getDocument", &json!({}));
        let field = json!({ "nodeId": page["root"]["nodeId"], "selector": css });
        let field = self.tab.call("DOM.querySelector", &field);
        self.tab.call("DOM.setFileInputFiles", &json!({ "files": files, "nodeId": field["nodeId"] }));
    }

    /// Writes where the cursor is.
    #[track_caller]
    pub(crate) fn writes(&self, words: &str) {
        self.tab.call("Input.insertText", &json!({ "text": words }));
    }

    /// Presses a key: `Tab`, `Enter`, `Escape`.
    #[track_caller]
    pub(crate) fn key(&self, name: &str) {
        let (code, text) = match name {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "ArrowLeft" => (37, ""),
            "ArrowRight" => (39, ""),
            "a" => (65, "a"),
            "r" => (82, "r"),
            _ => panic!("the key {name} has no number here"),
        };
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        for kind in [down, "keyUp"] {
            let key = json!({ "type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code, "text": text });
            self.tab.call("Input.dispatchKeyEvent", &key);
        }
        if matches!(name, "Enter" | "a") {
            self.tab.settle();
        }
    }

    /// Presses Tab until she is at what has this name, and says what she passed.
    #[track_caller]
    pub(crate) fn tabs_to(&self, name: &str) -> Vec<String> {
        let mut passed = Vec::new();
        while passed.last().is_none_or(|last| last != name) {
            assert!(passed.len() < STOPS_MAX, "Tab does not lead to {name:?}, only to {passed:?}");
            self.key("Tab");
            passed.push(self.focused());
        }
        passed
    }

    /// The name of what the keyboard is at. It must be visible that it is there.
    #[track_caller]
    pub(crate) fn focused(&self) -> String {
        let found = self.ask(&format!("[name(document.activeElement), {FOCUS_SHOWS}]"));
        let name = text(&found[0]);
        assert!(found[1] == true, "{}: nothing shows that the keyboard is at {name:?}", self.path());
        name
    }

    /// A real click, on what is in sight and under nothing else.
    #[track_caller]
    fn click_on(&self, element: &str, name: &str) {
        let script = format!(
            "(() => {{ const e = {element}; if (!e) return null;
             for (const block of ['nearest', 'center']) {{
                 e.scrollIntoView({{ block, behavior: 'instant' }});
                 const box = e.getBoundingClientRect();
                 const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                 const hit = document.elementFromPoint(x, y);
                 if (e.contains(hit) || [...e.labels ?? []].some((label) => label.contains(hit))) return [x, y];
             }}
             return null; }})()"
        );
        let script = scope(&script);
        let mut place = None;
        self.tab.until(&format!("{name:?} can be clicked, for {}", self.who), || {
            place = self.tab.ask(&script).filter(|found| !found.is_null());
            place.is_some()
        });
        let place = place.unwrap();
        for kind in ["mousePressed", "mouseReleased"] {
            let mouse =
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.tab.call("Input.dispatchMouseEvent", &mouse);
        }
        self.tab.settle();
    }
}

fn scope(script: &str) -> String {
    format!("(() => {{ {WORDS} return {script}; }})()")
}

fn quoted(words: &str) -> String {
    Value::from(words).to_string()
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
