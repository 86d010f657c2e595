//! What the clients were told, and nothing of what the site has in its tables.

use std::collections::BTreeMap;
use std::fmt;

use crate::client::Answer;
use crate::town::Pair;

/// A message and its key, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) pair: Pair,
    pub(super) text: String,
    pub(super) key: String,
}

/// Every call with its answer, by member.
#[derive(Default)]
pub(super) struct Ledger {
    /// Flirts that were answered with success, and their ids.
    pub(super) flirts: BTreeMap<Pair, String>,
    /// Flirts of which nobody knows.
    pub(super) unknown_flirts: Vec<Pair>,
    /// Messages that were answered with success, in the order in which one sender sent them to one receiver.
    pub(super) messages: BTreeMap<Pair, Vec<String>>,
    pub(super) unknown_messages: Vec<Message>,
    pub(super) refused: usize,
    pub(super) unsent: usize,
}

impl Ledger {
    /// What must not happen, if it was answered at all.
    pub(super) fn refused(&mut self, answer: Option<Answer>, code: &str) {
        if let Some(answer) = answer {
            assert_eq!(answer.body["code"], code, "{answer:?}");
            self.refused += 1;
        }
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.flirts.extend(other.flirts);
        self.unknown_flirts.extend(other.unknown_flirts);
        self.messages.extend(other.messages);
        self.unknown_messages.extend(other.unknown_messages);
        self.refused += other.refused;
        self.unsent += other.unsent;
        self
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: usize = self.messages.values().map(Vec::len).sum();
        let (flirts, refused, unsent) = (self.flirts.len(), self.refused, self.unsent);
        let unknown = [self.unknown_flirts.len(), self.unknown_messages.len()];
        write!(
            f,
            "{flirts} flirts, {messages} messages, {refused} refused; no answer to {} flirts and {} messages; {unsent} found \
             nobody",
            unknown[0], unknown[1]
        )
    }
}
