//! What the machine of a browser is like: its window, its line, and what it complains of.
//!
//! When a browser is closed it must have had nothing to complain of. When the test fails, its screen is kept in
//! `target/browser/`.

use std::path::{Path, PathBuf};

use base64::Engine;
use serde_json::json;

use super::browser::{Browser, text};

/// Width and height of a window.
pub(crate) type Size = (u32, u32);
/// A telephone.
pub(crate) const SMALL: Size = (390, 844);
/// A desk.
pub(crate) const LARGE: Size = (1280, 900);

/// What a browser says about being offline.
const OFFLINE: &str = "ERR_INTERNET_DISCONNECTED";

impl Browser {
    /// Cuts her off.
    pub(crate) fn offline(&self) {
        self.forgive(OFFLINE);
        self.network(true);
    }

    /// Where she is: `America/New_York`.
    pub(crate) fn zone(&self, name: &str) {
        self.tab.call("Emulation.setTimezoneOverride", &json!({ "timezoneId": name }));
    }

    pub(crate) fn online(&self) {
        self.network(false);
    }

    fn network(&self, offline: bool) {
        let params =
            json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.tab.call("Network.emulateNetworkConditions", &params);
    }

    /// Does something of which the site hears, and the browser does not hear the answer.
    #[track_caller]
    pub(crate) fn loses_the_answer(&self, method: &str, path: &str, act: impl FnOnce()) {
        self.forgive("ERR_CONNECTION_RESET");
        self.tab.hold_answers(&format!("{}{path}", self.site));
        act();
        let mut paused = None;
        self.tab.until("an answer that can be lost", || {
            paused = self.tab.paused(method);
            paused.is_some()
        });
        let lost = json!({ "requestId": paused, "errorReason": "ConnectionReset" });
        self.tab.call("Fetch.failRequest", &lost);
        self.tab.hold_answers("nothing:");
    }

    pub(crate) fn size(&self, (width, height): Size) {
        let params = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tab.call("Emulation.setDeviceMetricsOverride", &params);
    }

    /// `light` or `dark`, as her system says. Nothing moves from one to the other.
    pub(crate) fn scheme(&self, scheme: &str) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.tab.call("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Expects complaints with these words.
    pub(crate) fn forgive(&self, words: &str) {
        self.forgiven.borrow_mut().push(words.to_owned());
    }

    /// What the browser complained about, apart from what is forgiven.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let forgiven = self.forgiven.borrow();
        let mut complaints = self.tab.complaints();
        complaints.retain(|complaint| !forgiven.iter().any(|words| complaint.contains(words)));
        complaints
    }

    /// Keeps what the window shows, in `target/browser/<name>.png`.
    #[track_caller]
    pub(crate) fn screenshot(&self, name: &str) -> PathBuf {
        self.try_screenshot(name).unwrap_or_else(|error| panic!("{error}"))
    }

    fn try_screenshot(&self, name: &str) -> Result<PathBuf, String> {
        let answer = self.tab.try_call("Page.captureScreenshot", &json!({ "format": "png" }))?;
        let image = base64::engine::general_purpose::STANDARD.decode(text(&answer["data"]));
        let image = image.map_err(|error| error.to_string())?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser");
        let file = folder.join(format!("{name}.png"));
        let write = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, image));
        write.map(|()| file).map_err(|error| error.to_string())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let complaints = self.complaints().join("\n  ");
        if std::thread::panicking() {
            let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
            match self.try_screenshot(&format!("failed-{test}-{}", self.who)) {
                Ok(file) => eprintln!("{}'s screen is in {}", self.who, file.display()),
                Err(error) => eprintln!("{}'s screen: {error}", self.who),
            }
            if !complaints.is_empty() {
                eprintln!("her browser complained:\n  {complaints}");
            }
        } else {
            assert!(complaints.is_empty(), "{}'s browser complained:\n  {complaints}", self.who);
        }
    }
}
