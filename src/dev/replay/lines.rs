//! Reads traffic from a file: one line a message, `sender receiver seconds`, in the order of time.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::dev::drive::members::Person;

/// A file larger than this is not traffic but a mistake.
const FILE_BYTES_MAX: u64 = 100_000_000;
/// Characters of a bad line that are shown.
const SHOWN_CHARS: usize = 60;

/// Why a file is no traffic.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("{}: {source}. Give a file with lines of `sender receiver seconds`.", file.display())]
    Unread { file: PathBuf, source: io::Error },
    #[error("{}: it has more than {FILE_BYTES_MAX} bytes. Cut it: head -n 1000000", file.display())]
    TooLarge { file: PathBuf },
    #[error("{}:{number}: three whole numbers belong here, `sender receiver seconds`, and not {text:?}", file.display())]
    Bad { file: PathBuf, number: usize, text: String },
    #[error("{}: it has no lines, so there is nothing to replay.", file.display())]
    Empty { file: PathBuf },
}

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) sender: Person,
    pub(super) receiver: Person,
}

/// The first `most` lines of a file, or all.
pub(super) fn read(file: &Path, most: Option<usize>) -> Result<Vec<Line>, LineError> {
    let unread = |source| LineError::Unread { file: file.to_path_buf(), source };
    if fs::metadata(file).map_err(unread)?.len() > FILE_BYTES_MAX {
        return Err(LineError::TooLarge { file: file.to_path_buf() });
    }
    let lines = parse(file, &fs::read_to_string(file).map_err(unread)?, most.unwrap_or(usize::MAX))?;
    if lines.is_empty() {
        return Err(LineError::Empty { file: file.to_path_buf() });
    }
    Ok(lines)
}

/// Empty lines are none; everything else has to be a message.
pub(super) fn parse(file: &Path, text: &str, most: usize) -> Result<Vec<Line>, LineError> {
    let filled = text.lines().zip(1..).filter(|(text, _)| !text.trim().is_empty());
    filled
        .take(most)
        .map(|(text, number)| {
            message(text, number).ok_or_else(|| LineError::Bad {
                file: file.to_path_buf(),
                number,
                text: text.chars().take(SHOWN_CHARS).collect(),
            })
        })
        .collect()
}

fn message(text: &str, number: usize) -> Option<Line> {
    let mut words = text.split_ascii_whitespace();
    let (sender, receiver) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let _seconds: i64 = words.next()?.parse().ok()?;
    words.next().is_none().then_some(Line { number, sender: Person(sender), receiver: Person(receiver) })
}

/// What of the lines is flirts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Flirts {
    /// Everybody who sends or receives one.
    pub(super) people: BTreeSet<Person>,
    /// Who flirts with a receiver, in the order of the file.
    pub(super) of: BTreeMap<Person, Vec<Line>>,
    /// Lines that repeat a pair, and those that somebody wrote to herself.
    pub(super) repeats: usize,
    pub(super) selves: usize,
}

impl Flirts {
    /// The first line of each ordered pair.
    pub(super) fn of(lines: &[Line]) -> Self {
        let mut flirts = Self::default();
        let mut pairs = HashSet::new();
        for line in lines {
            if line.sender == line.receiver {
                flirts.selves += 1;
            } else if pairs.insert((line.sender, line.receiver)) {
                flirts.people.extend([line.sender, line.receiver]);
                flirts.of.entry(line.receiver).or_default().push(*line);
            } else {
                flirts.repeats += 1;
            }
        }
        flirts
    }

    pub(super) fn count(&self) -> usize {
        self.of.values().map(Vec::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<Line>, String> {
        parse(Path::new("talk.txt"), text, usize::MAX).map_err(|error| error.to_string())
    }

    #[test]
    fn a_line_is_three_numbers() {
        let line = Line { number: 2, sender: Person(1), receiver: Person(2) };
        assert_eq!(parsed("\n 1\t2  1082040961\r\n\n"), Ok(vec![line]));
        for bad in ["1 2", "1 2 3 4", "one 2 3", "-1 2 3", "1 2 3.5", "1,2,3", "4294967296 1 1"] {
            let said = parsed(&format!("1 2 3\n{bad}\n")).unwrap_err();
            assert!(said.starts_with("talk.txt:2: ") && said.contains(bad), "{said}");
        }
    }

    #[test]
    fn only_as_many_as_asked_for_are_read() {
        assert_eq!(
            parse(Path::new("f"), "1 2 3\n\n2 1 4\nnonsense", 2).map(|lines| lines.len()).ok(),
            Some(2)
        );
    }

    #[test]
    fn the_first_line_of_an_ordered_pair_is_a_flirt() {
        let lines = parsed("1 2 10\n3 2 11\n2 1 12\n1 2 13\n4 4 14\n2 1 15\n").unwrap();
        let flirts = Flirts::of(&lines);
        let senders =
            |receiver| flirts.of[&Person(receiver)].iter().map(|line| line.sender.0).collect::<Vec<_>>();
        assert_eq!((senders(2), senders(1)), (vec![1, 3], vec![2]));
        assert_eq!((flirts.count(), flirts.repeats, flirts.selves), (3, 2, 1));
        assert_eq!(flirts.people.len(), 3, "who writes only to herself is not needed");
    }
}
