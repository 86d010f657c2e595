//! Reads chat through the API, whole: threads in both directions, and inboxes.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::DriveError;
use super::client::{Api, Call};
use super::members::Member;

/// Items of a page, few enough for long lists to have several.
const MESSAGES: usize = 75;
const CONVERSATIONS: usize = 20;
/// Pages of one list: far more than anybody has, so that a list without an end is noticed.
const PAGES_MAX: usize = 1000;

/// A message, as one of the two sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Message {
    pub(crate) number: u64,
    pub(crate) mine: bool,
    pub(crate) text: String,
    pub(crate) at: DateTime<Utc>,
    /// By the other; of what is mine.
    #[serde(default)]
    pub(crate) read: bool,
}

/// A whole thread, as one of the two sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Thread {
    pub(crate) messages: Vec<Message>,
    /// Messages to her that she has not read.
    pub(crate) unread: u64,
    /// How far the other has read.
    pub(crate) read_to: u64,
}

/// A conversation in somebody's inbox.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Row {
    pub(crate) nickname: String,
    pub(crate) last: Message,
    pub(crate) unread: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThreadPage {
    items: Vec<Message>,
    has_more: bool,
    #[serde(default)]
    next: Option<u64>,
    unread: u64,
    read_to: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InboxPage {
    items: Vec<Row>,
    has_more: bool,
    #[serde(default)]
    next: Option<String>,
}

/// Which way a thread is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the last message to the first, as a reader scrolls.
    Back,
    /// From the first to the last, as a program that was away.
    Forth,
}

/// The thread of `member` with another.
pub(crate) async fn thread(
    api: &Api,
    member: &Member,
    with: &Member,
    way: Way,
) -> Result<Thread, DriveError> {
    let path = format!("/api/chat/{}?max={MESSAGES}", with.id);
    let mut pages = Vec::new();
    let mut place = match way {
        Way::Back => String::new(),
        Way::Forth => "&after=0".to_owned(),
    };
    for _ in 0..PAGES_MAX {
        let page: ThreadPage =
            api.send(&Call::get(format!("{path}{place}")).by(&member.token)).await?.json()?;
        let next = page.next.filter(|_| page.has_more);
        pages.push(page);
        match (next, way) {
            (None, _) => return Ok(joined(pages, way)),
            (Some(next), Way::Back) => place = format!("&from={next}"),
            (Some(next), Way::Forth) => place = format!("&after={next}"),
        }
    }
    Err(DriveError::Endless { list: "A thread".to_owned(), pages: PAGES_MAX })
}

/// Every page ascends, whichever way the pages were read.
fn joined(mut pages: Vec<ThreadPage>, way: Way) -> Thread {
    if way == Way::Back {
        pages.reverse();
    }
    let (unread, read_to) = pages.last().map(|page| (page.unread, page.read_to)).unwrap_or_default();
    Thread { messages: pages.into_iter().flat_map(|page| page.items).collect(), unread, read_to }
}

/// All conversations of a member, in the order of her inbox.
pub(crate) async fn inbox(api: &Api, member: &Member) -> Result<Vec<Row>, DriveError> {
    let mut rows = Vec::new();
    let mut place = String::new();
    for _ in 0..PAGES_MAX {
        let call = Call::get(format!("/api/chat?max={CONVERSATIONS}{place}")).by(&member.token);
        let page: InboxPage = api.send(&call).await?.json()?;
        rows.extend(page.items);
        match page.next.filter(|_| page.has_more) {
            None => return Ok(rows),
            Some(next) => place = format!("&from={next}"),
        }
    }
    Err(DriveError::Endless { list: "An inbox".to_owned(), pages: PAGES_MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(numbers: &[u64]) -> ThreadPage {
        let item = |number: &u64| {
            format!(
                r#"{{"number":{number},"mine":true,"text":"t","at":"2026-01-01T00:00:00Z","read":false}}"#
            )
        };
        let items: Vec<String> = numbers.iter().map(item).collect();
        let json = format!(r#"{{"items":[{}],"hasMore":false,"unread":0,"readTo":2}}"#, items.join(","));
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn pages_are_joined_in_the_order_of_numbers() {
        let numbers = |thread: Thread| thread.messages.iter().map(|m| m.number).collect::<Vec<_>>();
        let back = joined(vec![page(&[4, 5]), page(&[2, 3]), page(&[1])], Way::Back);
        assert_eq!(back.read_to, 2);
        assert_eq!(numbers(back), [1, 2, 3, 4, 5]);
        assert_eq!(numbers(joined(vec![page(&[1, 2]), page(&[3])], Way::Forth)), [1, 2, 3]);
    }
}
