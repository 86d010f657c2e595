//! A stream of events as a browser reads it: as it arrives, and strictly.

use std::collections::BTreeSet;

use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::sync::watch;

/// When a browser comes back, in milliseconds.
const RETRY: std::ops::RangeInclusive<u64> = 1000..=4000;

/// What a stream has said so far.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Modules of which something has changed.
    pub(crate) changed: BTreeSet<String>,
    /// Ids of those who type.
    pub(crate) typing: BTreeSet<String>,
    /// How often this one has typed, who is no member: to see that all before has arrived.
    pub(crate) marks: usize,
    /// Why it ends.
    pub(crate) why: Option<String>,
    /// True when it is over.
    pub(crate) closed: bool,
    /// What is not as it should be, a sentence each.
    pub(crate) faults: Vec<String>,
    retry: bool,
}

/// Reads until the stream is over. `mark` is who types only to be seen.
pub(crate) async fn read(mut body: Body, mark: &str, said: &watch::Sender<Said>) {
    let mut text = String::new();
    while let Some(frame) = body.frame().await {
        let data = match frame {
            Ok(frame) => frame.into_data().unwrap_or_default(),
            Err(error) => {
                said.send_modify(|said| said.faults.push(format!("the stream broke off: {error}")));
                break;
            }
        };
        text.push_str(&String::from_utf8_lossy(&data));
        while let Some((block, rest)) = text.split_once("\n\n") {
            said.send_modify(|said| said.take(block, mark));
            text = rest.to_owned();
        }
    }
    said.send_modify(|said| {
        if !text.trim().is_empty() {
            said.faults.push(format!("the stream breaks off within {text:?}"));
        }
        said.closed = true;
    });
}

impl Said {
    /// Takes in one event.
    fn take(&mut self, block: &str, mark: &str) {
        let [mut event, mut id, mut data, mut retry] = [None; 4];
        for line in block.lines().filter(|line| !line.starts_with(':')) {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => event = Some(value),
                "id" => id = Some(value),
                "data" => data = Some(value),
                "retry" => retry = Some(value),
                _ => self.faults.push(format!("the stream has no field {field}")),
            }
        }
        if self.why.is_some() {
            self.faults.push(format!("the stream goes on after its end: {block:?}"));
        }
        if let Some(millis) = retry {
            self.retry = millis.parse().is_ok_and(|millis| RETRY.contains(&millis));
        }
        if !self.retry {
            self.faults.push(format!("a stream begins with retry, {RETRY:?} milliseconds, not with {block:?}"));
            // Once is enough.
            self.retry = true;
        }
        let data: Value = data.and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
        let text = |key: &str| data.get(key).and_then(Value::as_str).map(str::to_owned);
        match (event, id, text("member"), text("why")) {
            (None, None, None, None) => {}
            (Some("changed"), Some(_), None, None) => self.changed.extend(texts(&data, "changed")),
            (Some("typing"), None, Some(member), None) if member == mark => self.marks += 1,
            (Some("typing"), None, Some(member), None) => drop(self.typing.insert(member)),
            (Some("end"), None, None, Some(why)) => self.why = Some(why),
            _ => self.faults.push(format!("the stream has no event like {block:?}")),
        }
    }
}

fn texts(data: &Value, key: &str) -> Vec<String> {
    let items = data.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
