//! What of a file's lines is talk: who writes to whom, and which conversations come of it.

use std::collections::{BTreeMap, BTreeSet};

use super::Pair;
use crate::dev::drive::members::Person;
use crate::dev::replay::lines::Line;

/// The messages of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Talk {
    /// Everybody who writes or is written to.
    pub(super) people: BTreeSet<Person>,
    /// What one writes to another, in the order of the file.
    pub(super) queues: BTreeMap<Pair, Vec<Line>>,
    /// The two of each conversation, the lower number first.
    pub(super) threads: BTreeSet<Pair>,
    /// Lines that somebody wrote to herself.
    pub(super) selves: usize,
}

impl Talk {
    pub(super) fn of(lines: &[Line]) -> Self {
        let mut talk = Self::default();
        for line in lines {
            let (from, to) = (line.sender, line.receiver);
            if from == to {
                talk.selves += 1;
                continue;
            }
            talk.people.extend([from, to]);
            talk.queues.entry((from, to)).or_default().push(*line);
            talk.threads.insert((from.min(to), from.max(to)));
        }
        talk
    }

    pub(super) fn count(&self) -> usize {
        self.queues.values().map(Vec::len).sum()
    }

    /// What one of a pair writes to the other.
    pub(super) fn written(&self, from: Person, to: Person) -> &[Line] {
        self.queues.get(&(from, to)).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::dev::replay::lines;

    #[test]
    fn both_directions_are_one_conversation() {
        let text = "1 2 10\n2 1 11\n3 1 12\n1 2 13\n4 4 14\n";
        let talk = Talk::of(&lines::parse(Path::new("f"), text, 9).unwrap());
        let numbers = |from, to| {
            talk.written(Person(from), Person(to)).iter().map(|line| line.number).collect::<Vec<_>>()
        };
        assert_eq!((numbers(1, 2), numbers(2, 1), numbers(3, 1)), (vec![1, 4], vec![2], vec![3]));
        assert_eq!(numbers(1, 3), Vec::<usize>::new());
        assert_eq!((talk.count(), talk.threads.len(), talk.people.len(), talk.selves), (4, 2, 3, 1));
    }
}
