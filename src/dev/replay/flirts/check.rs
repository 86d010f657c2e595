//! Compares every receiver's alerts, read through the API, with the flirts of the file.

use std::fmt;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;

use super::super::lines::{Flirts, Line};
use crate::dev::drive::DriveError;
use crate::dev::drive::client::{Api, Call};
use crate::dev::drive::members::{Member, Members, Person};
use crate::dev::drive::order::{Fault, faults};
use crate::dev::drive::report::Progress;

/// After the last flirt; what has not arrived by then is missing.
const ARRIVE_MAX: Duration = Duration::from_secs(30);
/// Between looks at alerts that are not complete.
const LOOK: Duration = Duration::from_millis(10);
/// Receivers that are looked at together.
const LOOKS: usize = 16;
/// Items of a page: as many as the API gives.
const PAGE: usize = 100;
/// Pages of one receiver: far more than anybody has, so that a list without an end is noticed.
const PAGES_MAX: usize = 1000;
/// The API counts what is unread up to here.
const UNREAD_MAX: usize = 100;

/// What the comparison found.
pub(super) struct Checked {
    pub(super) differences: Vec<Difference>,
    pub(super) alerts: usize,
    /// From the last flirt's answer to its alert.
    pub(super) waited: Duration,
    pub(super) took: Duration,
}

/// One way in which a receiver's alerts are not what the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    receiver: String,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Missing { sender: String, line: usize },
    Doubled { sender: String },
    NeverSent { sender: String },
    Order { place: usize, expected: String, found: String },
    Unread { expected: usize, found: usize },
    Read { sender: String },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.receiver)?;
        match &self.what {
            What::Missing { sender, line } => {
                write!(f, "expected an alert of {sender} (line {line}), found none")
            }
            What::Doubled { sender } => write!(f, "expected one alert of {sender}, found another"),
            What::NeverSent { sender } => write!(f, "expected nothing of {sender}, found an alert"),
            What::Order { place, expected, found } => {
                write!(f, "expected {expected} as number {place} of her alerts, found {found}")
            }
            What::Unread { expected, found } => write!(f, "expected {expected} unread alerts, found {found}"),
            What::Read { sender } => write!(f, "expected the alert of {sender} unread, found it read"),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feed {
    items: Vec<Alert>,
    #[serde(default)]
    next: Option<String>,
    unread: usize,
}

#[derive(Debug, Deserialize)]
struct Alert {
    kind: String,
    #[serde(default)]
    nickname: Option<String>,
    unread: bool,
}

/// All alerts of one receiver, oldest first.
struct Found {
    alerts: Vec<Alert>,
    unread: usize,
}

/// Waits for the last alert, that of `last`, then reads and compares everybody's.
pub(super) async fn compare_all(
    api: &Api,
    members: &Members,
    flirts: &Flirts,
    (last, sent_at): (Option<Person>, Instant),
) -> Result<Checked, DriveError> {
    let deadline = tokio::time::Instant::from_std(sent_at + ARRIVE_MAX);
    let looks = |receiver: Person| async move {
        let expected = flirts.of.get(&receiver).map(Vec::as_slice).unwrap_or_default();
        let found = complete(api, members.of(receiver)?, expected.len(), deadline).await?;
        Ok::<_, DriveError>((found.alerts.len(), compare(&receiver.nickname(), expected, &found)))
    };
    if let Some(last) = last {
        looks(last).await?;
    }
    let waited = sent_at.elapsed();
    let begun = Instant::now();
    let progress = Progress::new("comparing", flirts.of.len());
    let all: Vec<(usize, Vec<Difference>)> = stream::iter(flirts.of.keys().map(|receiver| looks(*receiver)))
        .buffered(LOOKS)
        .inspect(|_| progress.step())
        .try_collect()
        .await?;
    let alerts = all.iter().map(|(alerts, _)| alerts).sum();
    let differences = all.into_iter().flat_map(|(_, differences)| differences).collect();
    Ok(Checked { differences, alerts, waited, took: begun.elapsed() })
}

/// Her alerts, once there are as many as expected, or when there was time enough for them.
async fn complete(
    api: &Api,
    member: &Member,
    expected: usize,
    deadline: tokio::time::Instant,
) -> Result<Found, DriveError> {
    loop {
        let found = read_all(api, member).await?;
        if found.alerts.len() >= expected || tokio::time::Instant::now() >= deadline {
            return Ok(found);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Page by page, as a reader does.
async fn read_all(api: &Api, member: &Member) -> Result<Found, DriveError> {
    let mut alerts = Vec::new();
    let mut path = format!("/api/alerts?max={PAGE}");
    for _ in 0..PAGES_MAX {
        let feed: Feed = api.send(&Call::get(path).by(&member.token)).await?.json()?;
        alerts.extend(feed.items);
        let Some(next) = feed.next else {
            alerts.reverse();
            return Ok(Found { alerts, unread: feed.unread });
        };
        path = format!("/api/alerts?max={PAGE}&from={next}");
    }
    Err(DriveError::Endless { list: "A list of alerts".to_owned(), pages: PAGES_MAX })
}

/// What differs: who is missing, who is there too often, and, of the others, the first in another place.
fn compare(receiver: &str, expected: &[Line], found: &Found) -> Vec<Difference> {
    let flirts = found.alerts.iter().filter(|alert| alert.kind == "flirt");
    let senders: Vec<&str> = flirts.map(|alert| alert.nickname.as_deref().unwrap_or("nobody")).collect();
    let wanted: Vec<String> = expected.iter().map(|line| line.sender.nickname()).collect();
    let what = |fault| match fault {
        Fault::Missing(place) => {
            What::Missing { sender: wanted[place].clone(), line: expected[place].number }
        }
        Fault::Doubled(sender) => What::Doubled { sender },
        Fault::NeverWanted(sender) => What::NeverSent { sender },
        Fault::Moved { place, wanted: at, found } => {
            What::Order { place, expected: wanted[at].clone(), found }
        }
    };
    let mut whats: Vec<What> = faults(&wanted, &senders).into_iter().map(what).collect();
    whats.extend(unread(found));
    whats.into_iter().map(|what| Difference { receiver: receiver.to_owned(), what }).collect()
}

/// Nobody has read anything yet, so all is unread, and the count says so.
fn unread(found: &Found) -> impl Iterator<Item = What> {
    let read = found.alerts.iter().filter(|alert| !alert.unread);
    let read = read.map(|alert| What::Read { sender: alert.nickname.clone().unwrap_or_default() });
    let expected = found.alerts.len().min(UNREAD_MAX);
    let count = (found.unread != expected).then_some(What::Unread { expected, found: found.unread });
    read.chain(count)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::super::lines;
    use super::*;

    /// What is said of the receiver 9, to whom 1, 2 and 3 wrote, when her alerts are these.
    fn said(senders: &[&str]) -> Vec<String> {
        let lines = lines::parse(Path::new("f"), "1 9 0\n2 9 0\n3 9 0\n", 3).unwrap();
        let alert = |sender: &&str| Alert {
            kind: "flirt".to_owned(),
            nickname: Some((*sender).to_owned()),
            unread: true,
        };
        let found = Found { alerts: senders.iter().map(alert).collect(), unread: senders.len() };
        compare("m9", &lines, &found).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn equal_is_no_difference() {
        assert!(said(&["m1", "m2", "m3"]).is_empty());
    }

    #[test]
    fn a_missing_alert_is_found() {
        assert_eq!(said(&["m1", "m3"]), ["m9: expected an alert of m2 (line 2), found none"]);
        assert_eq!(said(&[]).len(), 3);
    }

    #[test]
    fn a_doubled_alert_is_found() {
        assert_eq!(said(&["m1", "m2", "m3", "m2"]), ["m9: expected one alert of m2, found another"]);
        assert_eq!(said(&["m1", "m1", "m2", "m3"]), ["m9: expected one alert of m1, found another"]);
    }

    #[test]
    fn a_swapped_alert_is_found() {
        assert_eq!(said(&["m2", "m1", "m3"]), ["m9: expected m1 as number 1 of her alerts, found m2"]);
        assert_eq!(said(&["m1", "m3", "m2"]), ["m9: expected m2 as number 2 of her alerts, found m3"]);
    }

    #[test]
    fn a_strangers_alert_is_found() {
        assert_eq!(said(&["m1", "m2", "m4", "m3"]), ["m9: expected nothing of m4, found an alert"]);
        assert_eq!(said(&["m1", "m4", "m3"]).len(), 2, "missing and never sent");
    }

    #[test]
    fn everything_is_unread() {
        let alert = Alert { kind: "flirt".to_owned(), nickname: Some("m1".to_owned()), unread: false };
        let lines = lines::parse(Path::new("f"), "1 9 0\n", 1).unwrap();
        let differences = compare("m9", &lines, &Found { alerts: vec![alert], unread: 0 });
        assert_eq!(differences.len(), 2, "{differences:?}");
    }
}
