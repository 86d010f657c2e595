//! A stream of events as a browser reads it: as it arrives, and strictly. Pure: whoever listens brings the bytes.

use std::collections::BTreeSet;

use serde_json::Value;

/// When a browser comes back, in milliseconds.
const RETRY: std::ops::RangeInclusive<u64> = 1000..=4000;

/// What a stream has said so far.
#[derive(Debug, Default)]
pub struct Said {
    /// Modules of which something has changed.
    pub changed: BTreeSet<String>,
    /// Ids of those who type.
    pub typing: BTreeSet<String>,
    /// How often this one has typed, who is no member: to see that all before has arrived.
    pub marks: usize,
    /// Why it ends.
    pub why: Option<String>,
    /// True when it is over.
    pub closed: bool,
    /// What is not as it should be, a sentence each.
    pub faults: Vec<String>,
    /// What has arrived of the next event.
    rest: String,
    begun: bool,
}

impl Said {
    /// Takes in what has arrived. `mark` is who types only to be seen.
    pub fn hear(&mut self, data: &[u8], mark: &str) {
        self.rest.push_str(&String::from_utf8_lossy(data));
        while let Some((event, rest)) = self.rest.split_once("\n\n") {
            let (event, rest) = (event.to_owned(), rest.to_owned());
            self.rest = rest;
            self.take(&event, mark);
        }
    }

    /// Notes that nothing more comes, and why if that is not as it should be.
    pub fn close(&mut self, broken: Option<String>) {
        self.faults.extend(broken.map(|error| format!("the stream broke off: {error}")));
        if !self.rest.trim().is_empty() {
            self.faults.push(format!("the stream ends within an event: {:?}", self.rest));
        }
        self.closed = true;
    }

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
        let in_time = |retry: &str| retry.parse().is_ok_and(|millis| RETRY.contains(&millis));
        let fits = if self.begun { retry.is_none() } else { retry.is_some_and(in_time) };
        if !fits {
            self.faults.push(format!("a stream says retry first, and never again: {block:?}"));
        }
        self.begun = true;
        let data: Value = data.and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
        let text = |key: &str| data.get(key).and_then(Value::as_str).map(str::to_owned);
        match (event, id, text("member"), text("why")) {
            (None, None, None, None) => {}
            (Some("changed"), Some(_), None, None) if !texts(&data).is_empty() => {
                self.changed.extend(texts(&data));
            }
            (Some("typing"), None, Some(member), None) if member == mark => self.marks += 1,
            (Some("typing"), None, Some(member), None) => drop(self.typing.insert(member)),
            (Some("end"), None, None, Some(why)) => self.why = Some(why),
            _ => self.faults.push(format!("the stream has no event like {block:?}")),
        }
    }
}

fn texts(data: &Value) -> Vec<String> {
    let items = data.get("changed").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(parts: &[&str]) -> Said {
        let mut said = Said::default();
        parts.iter().for_each(|part| said.hear(part.as_bytes(), "mark"));
        said
    }

    #[test]
    fn events_are_read_as_they_arrive() {
        let mut said = said(&[
            "retry: 2000\n\nevent: chan",
            "ged\nid: chat:2\ndata: {\"changed\":[\"chat\",\"nav\"]}\n",
            "\n: still here\n\nevent: typing\ndata: {\"member\":\"ann\"}\n\n",
            "event: typing\ndata: {\"member\":\"mark\"}\n\nevent: end\ndata: {\"why\":\"elsewhere\"}\n\n",
        ]);
        said.close(None);
        assert_eq!(said.faults, Vec::<String>::new());
        assert_eq!(said.changed.iter().collect::<Vec<_>>(), ["chat", "nav"]);
        assert_eq!(said.typing.iter().collect::<Vec<_>>(), ["ann"]);
        assert_eq!((said.marks, said.why.as_deref(), said.closed), (1, Some("elsewhere"), true));
    }

    #[test]
    fn what_is_not_as_it_should_be_is_noted() {
        let first = "retry: 1000\n\n";
        for wrong in [
            "retry: 1\n\n",
            "event: changed\nid: chat:1\ndata: {\"changed\":[\"chat\"]}\n\n",
            &format!("{first}{first}"),
            &format!("{first}event: changed\ndata: {{\"changed\":[\"chat\"]}}\n\n"),
            &format!("{first}event: changed\nid: chat:1\ndata: chat\n\n"),
            &format!("{first}event: typing\nid: chat:1\ndata: {{\"member\":\"ann\"}}\n\n"),
            &format!("{first}event: news\ndata: {{}}\n\n"),
            &format!("{first}event: end\ndata: {{}}\n\n"),
            &format!("{first}event: end\ndata: {{\"why\":\"elsewhere\"}}\n\n: still here\n\n"),
            &format!("{first}colour: red\n\n"),
        ] {
            assert_eq!(said(&[wrong]).faults.len(), 1, "{wrong:?}");
        }
        let mut cut = said(&[first, "event: changed\n"]);
        cut.close(None);
        assert_eq!(cut.faults.len(), 1);
    }
}
