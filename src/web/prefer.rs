//! `Prefer: wait` (RFC 7240): how long an answer waits for the effects of what was asked for.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::kernel::module::Face;

/// How long a page waits, and a program that does not say how long: so the next page shows the effects.
const PATIENCE: Duration = Duration::from_millis(250);
/// Nobody waits longer, whatever she prefers.
const PATIENCE_MAX: Duration = Duration::from_secs(5);
const PREFER: HeaderName = HeaderName::from_static("prefer");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// What a request prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    pub patience: Duration,
    /// It said so itself, and is told whether it was done.
    asked: bool,
}

impl Wait {
    /// Pages wait unasked. Of several wishes the first counts, and one that is no number is none.
    pub fn of(face: Face, headers: &HeaderMap) -> Self {
        let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
        let wish = values.flat_map(|value| value.split(',')).find_map(wish);
        let wished = match wish {
            Some("") => Some(PATIENCE),
            Some(seconds) => seconds.parse().ok().map(Duration::from_secs),
            None => None,
        };
        match wished {
            Some(patience) => Self { patience: patience.min(PATIENCE_MAX), asked: true },
            None if face == Face::Page => Self { patience: PATIENCE, asked: false },
            None => Self { patience: Duration::ZERO, asked: false },
        }
    }

    /// Says that it waited, if that was asked for, and if all effects have arrived.
    pub fn answer(self, arrived: bool, headers: &mut HeaderMap) {
        if self.asked && arrived {
            headers.insert(APPLIED, HeaderValue::from_static("wait"));
        }
    }
}

/// The seconds of a preference, perhaps none, if it is `wait`. Parameters behind a semicolon mean nothing here.
fn wish(preference: &str) -> Option<&str> {
    let token = preference.split(';').next().unwrap_or_default();
    let (name, seconds) = token.split_once('=').unwrap_or((token, ""));
    name.trim().eq_ignore_ascii_case("wait").then(|| seconds.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience(face: Face, prefer: &[&'static str]) -> u128 {
        let mut headers = HeaderMap::new();
        prefer.iter().for_each(|text| {
            headers.append(PREFER, HeaderValue::from_static(text));
        });
        Wait::of(face, &headers).patience.as_millis()
    }

    #[test]
    fn programs_wait_as_long_as_they_say() {
        for (prefer, wanted) in [
            ("respond-async", 0),
            ("wait", 250),
            ("Wait=\"\"; foo=bar", 250),
            ("respond-async, wait=2", 2000),
            ("wait = \"3\"", 3000),
            ("wait=0", 0),
            ("wait=86400", 5000),
            ("wait=soon", 0),
            ("wait=-1", 0),
            ("wait=1, wait=2", 1000),
            ("waits", 0),
        ] {
            assert_eq!(patience(Face::Json, &[prefer]), wanted, "{prefer}");
        }
        assert_eq!(patience(Face::Json, &["handling=strict", "wait=4"]), 4000);
        assert_eq!(patience(Face::Json, &[]), 0);
    }

    #[test]
    fn pages_wait_unasked() {
        assert_eq!(patience(Face::Page, &[]), 250);
        assert_eq!(patience(Face::Page, &["wait=1"]), 1000);
    }

    #[test]
    fn only_what_was_asked_for_is_answered() {
        let answered = |face, prefer: &'static str, arrived| {
            let asked = HeaderMap::from_iter([(PREFER, HeaderValue::from_static(prefer))]);
            let mut headers = HeaderMap::new();
            Wait::of(face, &asked).answer(arrived, &mut headers);
            headers.contains_key(APPLIED)
        };
        assert!(answered(Face::Json, "wait", true));
        assert!(!answered(Face::Json, "wait", false));
        assert!(!answered(Face::Json, "respond-async", true));
        assert!(!answered(Face::Page, "respond-async", true));
    }
}
