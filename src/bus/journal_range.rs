//! A range of a journal: all that its source published between two positions.

use super::Entry;

/// What a source published after `after`, up to and including `upto`.
///
/// Positions may be missing in between, since old entries are trimmed and types may be left out: that is no gap.
/// A gap is where `after` lies beyond what the reader has read.
#[derive(Debug, Clone)]
pub struct JournalRange {
    pub source: &'static str,
    pub epoch: i64,
    pub after: i64,
    pub upto: i64,
    /// In the order of their positions.
    pub entries: Vec<Entry>,
}

impl JournalRange {
    /// What a bus delivered, cut where anything is missing, repeated or out of order.
    pub fn of_bus(entries: &[Entry]) -> impl Iterator<Item = Self> {
        let follows = |one: &Entry, next: &Entry| {
            one.source == next.source && one.epoch == next.epoch && one.pos + 1 == next.pos
        };
        entries.chunk_by(follows).map(|chunk| Self {
            source: chunk[0].source,
            epoch: chunk[0].epoch,
            after: chunk[0].pos - 1,
            upto: chunk[0].pos - 1 + i64::try_from(chunk.len()).unwrap_or(i64::MAX),
            entries: chunk.to_vec(),
        })
    }

    /// The entries after a position.
    pub fn newer_than(&self, pos: i64) -> &[Entry] {
        &self.entries[self.entries.partition_point(|entry| entry.pos <= pos)..]
    }

    /// The two halves of the range, unless it holds a single entry.
    pub fn halves(&self) -> Option<(Self, Self)> {
        let (first, second) = self.entries.split_at(self.entries.len() / 2);
        let middle = first.last()?.pos;
        let first = Self { upto: middle, entries: first.to_vec(), ..*self };
        let second = Self { after: middle, entries: second.to_vec(), ..*self };
        Some((first, second))
    }
}
