//! One tab of Chromium with cookies of its own: what it is told, and what it told us.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::chromium::Chromium;

/// Long enough for any machine; a test that waits so long has failed.
const WAIT_MAX: Duration = Duration::from_secs(30);
const TURN: Duration = Duration::from_millis(25);

/// A tab of Chromium, over the DevTools protocol. Tabs that share cookies close with the last of them.
pub(crate) struct Tab {
    chromium: &'static Chromium,
    cookies: Rc<Cookies>,
    session: String,
    told: RefCell<Told>,
}

/// A browser context.
struct Cookies(String);

#[derive(Default)]
struct Told {
    /// The documents that came last and that were loaded last.
    shown: String,
    loaded: String,
    address: String,
    loading: bool,
    complaints: Vec<String>,
    paused: Option<(String, String)>,
}

impl Tab {
    /// A new one that shows nothing yet.
    pub(crate) fn open() -> Self {
        let chromium = Chromium::of_all();
        let context = chromium.call("", "Target.createBrowserContext", &json!({})).unwrap();
        Self::of(chromium, Rc::new(Cookies(text(&context["browserContextId"]))))
    }

    /// One more with the same cookies.
    pub(crate) fn another(&self) -> Self {
        Self::of(self.chromium, self.cookies.clone())
    }

    fn of(chromium: &'static Chromium, cookies: Rc<Cookies>) -> Self {
        let whole = |method: &str, params: Value| chromium.call("", method, &params).unwrap();
        let target =
            whole("Target.createTarget", json!({ "url": "about:blank", "browserContextId": &cookies.0 }));
        let attach = json!({ "targetId": &target["targetId"], "flatten": true });
        let session = text(&whole("Target.attachToTarget", attach)["sessionId"]);
        let tab = Self { chromium, cookies, session, told: RefCell::default() };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            tab.call(&format!("{domain}.enable"), &json!({}));
        }
        tab.call("Page.setLifecycleEventsEnabled", &json!({ "enabled": true }));
        tab.hold_answers("nothing:");
        // Each of several tabs counts as the one in front.
        tab.call("Emulation.setFocusEmulationEnabled", &json!({ "enabled": true }));
        tab
    }

    /// Tells it something that it must be able to do.
    #[track_caller]
    pub(crate) fn call(&self, method: &str, params: &Value) -> Value {
        self.try_call(method, params).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn try_call(&self, method: &str, params: &Value) -> Result<Value, String> {
        self.chromium.call(&self.session, method, params)
    }

    /// What a script answers, run in the page. Nothing while one page gives way to another.
    #[track_caller]
    pub(crate) fn ask(&self, script: &str) -> Option<Value> {
        let params = json!({ "expression": script, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.try_call("Runtime.evaluate", &params).ok()?;
        if let Some(fault) = answer.get("exceptionDetails") {
            panic!("{script}\n{fault}");
        }
        Some(answer["result"]["value"].take())
    }

    /// Goes to an address, and waits until the page is loaded.
    #[track_caller]
    pub(crate) fn goto(&self, url: &str) {
        let answer = self.call("Page.navigate", &json!({ "url": url }));
        if let Some(why) = answer["errorText"].as_str() {
            panic!("{url}: {why}");
        }
        let document = text(&answer["loaderId"]);
        self.until(url, || self.told().loaded == document);
    }

    /// Loads the page anew, and waits until it is.
    #[track_caller]
    pub(crate) fn reload(&self) {
        let before = self.told().shown.clone();
        self.call("Page.reload", &json!({}));
        self.until("loaded anew", || {
            let told = self.told();
            told.shown != before && told.loaded == told.shown
        });
    }

    /// Waits for what a click may have begun to load.
    #[track_caller]
    pub(crate) fn settle(&self) {
        // A form is sent a moment after the click: once the page has had a turn, that has begun.
        let _ = self.ask("0");
        self.until("loaded", || !self.told().loading);
    }

    /// Waits for a condition, and not for a time.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            let late = begun.elapsed() > WAIT_MAX;
            assert!(!late, "after {WAIT_MAX:?} still not: {what}, at {}", self.told().address);
            std::thread::sleep(TURN);
        }
    }

    /// What the browser found wrong with the pages so far: faults of scripts, refused loads, breaches of the policy.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.told().complaints.clone()
    }

    /// Holds back the answers from these addresses. It is switched on from the beginning, since a page that is open
    /// would take a moment to go along.
    pub(crate) fn hold_answers(&self, pattern: &str) {
        let pattern = json!({ "urlPattern": pattern, "requestStage": "Response" });
        self.call("Fetch.enable", &json!({ "patterns": [pattern] }));
    }

    /// A request of this method whose answer is held back.
    pub(crate) fn paused(&self, method: &str) -> Option<String> {
        self.told().paused.take().filter(|(of, _)| of == method).map(|(_, request)| request)
    }

    fn told(&self) -> RefMut<'_, Told> {
        let mut told = self.told.borrow_mut();
        for event in self.chromium.events(&self.session) {
            told.note(event["method"].as_str().unwrap_or_default(), &event["params"]);
        }
        told
    }
}

impl Drop for Cookies {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let context = json!({ "browserContextId": &self.0 });
            let _ = Chromium::of_all().call("", "Target.disposeBrowserContext", &context);
        }
    }
}

impl Told {
    fn note(&mut self, method: &str, event: &Value) {
        match method {
            "Page.frameStartedLoading" | "Page.frameStartedNavigating" => self.loading = true,
            "Page.frameStoppedLoading" => self.loading = false,
            "Page.frameNavigated" => {
                self.shown = text(&event["frame"]["loaderId"]);
                self.address = text(&event["frame"]["url"]);
            }
            "Page.lifecycleEvent" if event["name"] == "load" => self.loaded = text(&event["loaderId"]),
            "Log.entryAdded" if ["warning", "error"].contains(&text(&event["entry"]["level"]).as_str()) => {
                let entry = &event["entry"];
                self.complaints.push(format!("{} ({})", text(&entry["text"]), text(&entry["url"])));
            }
            "Runtime.consoleAPICalled"
                if ["warning", "error", "assert"].contains(&text(&event["type"]).as_str()) =>
            {
                self.complaints.push(format!("console: {}", event["args"]));
            }
            "Runtime.exceptionThrown" => {
                self.complaints.push(format!("exception: {}", event["exceptionDetails"]));
            }
            "Fetch.requestPaused" => {
                self.paused = Some((text(&event["request"]["method"]), text(&event["requestId"])));
            }
            _ => {}
        }
    }
}

/// A string, or nothing where there is none.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
