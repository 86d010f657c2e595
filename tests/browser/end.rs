//! A browser that goes leaves nothing behind: no process, and no profile.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::chromium::Chromium;

/// What names the profile on the command line.
const PROFILE: &str = "--user-data-dir=";
const GONE_MAX: Duration = Duration::from_secs(20);

#[test]
fn nothing_stays_behind() {
    let chromium = Chromium::start();
    chromium.call("", "Target.createTarget", &json!({ "url": "data:text/html,<h1>here" })).unwrap();
    let group = chromium.group();
    let running = processes(group);
    assert!(running.len() > 3, "{running:?}");
    let mut words = running.iter().flat_map(|line| line.split('\0'));
    let profile = words.find_map(|word| word.strip_prefix(PROFILE)).unwrap();
    assert!(Path::new(profile).exists(), "{profile}");

    drop(chromium);
    // What is not Chromium's first process ends when its channel closes, a moment later.
    let begun = Instant::now();
    while !processes(group).is_empty() {
        assert!(begun.elapsed() < GONE_MAX, "still there: {:?}", processes(group));
        std::thread::sleep(Duration::from_millis(20));
    }
    let folder = Path::new(profile).parent().unwrap();
    assert!(!folder.exists(), "{} stays", folder.display());
}

/// The command lines of what runs in a process group. Who has ended and waits to be collected does not.
fn processes(group: u32) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((_, fields)) = stat.rsplit_once(") ") else { continue };
        let fields: Vec<&str> = fields.split(' ').collect();
        if fields[0] != "Z" && fields[2] == group.to_string() {
            found.push(fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default());
        }
    }
    found
}
