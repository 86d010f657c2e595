//! What differs between the file and what members read: in a thread, and in an inbox. Pure functions.

use std::collections::{BTreeMap, HashMap};

use super::talk::Talk;
use super::texts::text;
use super::{Answers, Pair};
use crate::dev::drive::members::Person;
use crate::dev::drive::order::{Fault, faults};
use crate::dev::drive::threads::{Message, Row, Thread};
use crate::dev::replay::lines::Line;

/// Characters of a text that are shown.
const SHOWN_CHARS: usize = 60;

/// What an inbox has to show of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) last: Message,
    pub(super) unread: usize,
}

/// How one of the two sees their thread.
struct Side<'a> {
    me: Person,
    other: Person,
    thread: &'a Thread,
}

/// What is wrong with a thread that both have read.
pub(super) fn thread(talk: &Talk, answers: &Answers, pair: Pair, read: [&Thread; 2]) -> Vec<String> {
    let (one, other) = pair;
    let sides = [Side { me: one, other, thread: read[0] }, Side { me: other, other: one, thread: read[1] }];
    let mut all: Vec<String> = Vec::new();
    for side in &sides {
        let whose = format!("{}'s thread with {}", side.me.nickname(), side.other.nickname());
        let said = [numbers(side), written(talk, side), marks(talk, side), answered(talk, answers, side)];
        all.extend(said.into_iter().flatten().map(|what| format!("{whose}: {what}")));
    }
    all.extend(apart(&sides));
    all
}

/// They count from 1, without gaps.
fn numbers(side: &Side) -> Vec<String> {
    let wrong = (1..).zip(&side.thread.messages).find(|(number, message)| message.number != *number);
    wrong
        .map(|(number, found)| format!("expected number {number}, found {}", found.number))
        .into_iter()
        .collect()
}

/// What each wrote to the other is there, in the order of the file.
fn written(talk: &Talk, side: &Side) -> Vec<String> {
    let (mine, theirs): (Vec<&Message>, Vec<&Message>) =
        side.thread.messages.iter().partition(|message| message.mine);
    let mut all = in_order("her own", talk.written(side.me, side.other), &mine);
    all.extend(in_order("the other's", talk.written(side.other, side.me), &theirs));
    all
}

fn in_order(whose: &str, lines: &[Line], found: &[&Message]) -> Vec<String> {
    let wanted: Vec<String> = lines.iter().map(|line| text(line.number)).collect();
    let found: Vec<&str> = found.iter().map(|message| message.text.as_str()).collect();
    let say = |fault| match fault {
        Fault::Missing(place) => {
            format!("expected line {} among {whose} messages, found it nowhere", lines[place].number)
        }
        Fault::Doubled(text) => {
            format!("expected once among {whose} messages, found twice: {}", start(&text))
        }
        Fault::NeverWanted(text) => format!("never sent, and found among {whose} messages: {}", start(&text)),
        Fault::Moved { place, wanted, found } => format!(
            "expected line {} as number {place} of {whose} messages, found {}",
            lines[wanted].number,
            start(&found)
        ),
    };
    faults(&wanted, &found).into_iter().map(say).collect()
}

/// Nobody has read anything.
fn marks(talk: &Talk, side: &Side) -> Vec<String> {
    let mut all = Vec::new();
    let received = talk.written(side.other, side.me).len();
    if side.thread.unread != received as u64 {
        all.push(format!("expected {received} unread, found {}", side.thread.unread));
    }
    if side.thread.read_to != 0 {
        all.push(format!(
            "nobody has read, and the other is said to have read up to {}",
            side.thread.read_to
        ));
    }
    if let Some(read) = side.thread.messages.iter().find(|message| message.read) {
        all.push(format!("nobody has read, and number {} is said to be read", read.number));
    }
    all
}

/// What the answer to a message said of it is what her thread says.
fn answered(talk: &Talk, answers: &Answers, side: &Side) -> Vec<String> {
    let by_text: HashMap<&str, &Message> =
        side.thread.messages.iter().map(|message| (message.text.as_str(), message)).collect();
    let lines = talk.written(side.me, side.other).iter();
    let differs = |line: &Line| {
        let sent = text(line.number);
        let (Some(said), Some(found)) = (answers.get(&line.number), by_text.get(sent.as_str())) else {
            return None;
        };
        let same = said.mine && said.text == sent && (said.number, said.at) == (found.number, found.at);
        (!same).then(|| {
            format!(
                "line {} was answered with number {} at {} and {}, found number {} at {}",
                line.number,
                said.number,
                said.at,
                start(&said.text),
                found.number,
                found.at
            )
        })
    };
    lines.filter_map(differs).take(1).collect()
}

/// Both see the same messages, each her own as hers.
fn apart([one, other]: &[Side; 2]) -> Vec<String> {
    let whose = format!("the thread of {} and {}", one.me.nickname(), other.me.nickname());
    let (left, right) = (&one.thread.messages, &other.thread.messages);
    let mut all = Vec::new();
    if left.len() != right.len() {
        all.push(format!("{whose}: one sees {} messages, the other {}", left.len(), right.len()));
    }
    let same = |(left, right): &(&Message, &Message)| {
        (left.number, &left.text, left.at) == (right.number, &right.text, right.at) && left.mine != right.mine
    };
    if let Some((left, right)) = left.iter().zip(right).find(|both| !same(both)) {
        let seen = |message: &Message| {
            let whose = if message.mine { "hers" } else { "the other's" };
            format!("{} ({whose}, {}) {}", message.number, message.at, start(&message.text))
        };
        all.push(format!("{whose}: one sees {}, the other {}", seen(left), seen(right)));
    }
    all
}

/// What is wrong with an inbox: every conversation is there once, the newest first, with its last message.
pub(super) fn inbox(me: Person, expected: &BTreeMap<String, Expected>, rows: &[Row]) -> Vec<String> {
    let wanted: Vec<String> = expected.keys().cloned().collect();
    let mut found: Vec<&str> = rows.iter().map(|row| row.nickname.as_str()).collect();
    found.sort_unstable();
    let say = |fault| match fault {
        Fault::Missing(place) => format!("expected a conversation with {}, found none", wanted[place]),
        Fault::Doubled(name) => format!("expected one conversation with {name}, found another"),
        Fault::NeverWanted(name) | Fault::Moved { found: name, .. } => {
            format!("expected no conversation with {name}, found one")
        }
    };
    let mut all: Vec<String> = faults(&wanted, &found).into_iter().map(say).collect();
    let older = rows.windows(2).find(|pair| pair[0].last.at < pair[1].last.at);
    all.extend(older.map(|pair| {
        format!("expected the newest first, found {} before {}", pair[0].nickname, pair[1].nickname)
    }));
    let shown = rows.iter().filter_map(|row| Some((row, expected.get(&row.nickname)?)));
    all.extend(shown.flat_map(|(row, expected)| conversation(row, expected)));
    all.into_iter().map(|what| format!("{}'s inbox: {what}", me.nickname())).collect()
}

fn conversation(row: &Row, Expected { last, unread }: &Expected) -> Vec<String> {
    let mut all = Vec::new();
    let found = &row.last;
    if (found.number, found.mine, &found.text, found.at) != (last.number, last.mine, &last.text, last.at) {
        all.push(format!(
            "expected number {} as the last of {} ({}), found {} ({})",
            last.number,
            row.nickname,
            start(&last.text),
            found.number,
            start(&found.text)
        ));
    }
    if row.unread != *unread as u64 {
        all.push(format!("expected {unread} unread of {}, found {}", row.nickname, row.unread));
    }
    all
}

/// How a text begins.
fn start(text: &str) -> String {
    let cut: String = text.chars().take(SHOWN_CHARS).collect();
    format!("{cut:?}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use chrono::DateTime;

    use super::super::Taken;
    use super::*;
    use crate::dev::replay::lines;

    /// m1 writes, m2 answers, m1 writes twice.
    const TALK: &str = "1 2 0\n2 1 0\n1 2 0\n1 2 0\n";
    const PAIR: Pair = (Person(1), Person(2));

    /// What the site should show of it, as m1 and as m2 see it, and its answers.
    fn right() -> (Talk, Answers, [Thread; 2]) {
        let lines = lines::parse(Path::new("f"), TALK, 9).unwrap();
        let message = |line: &Line, me| Message {
            number: line.number as u64,
            mine: line.sender == me,
            text: text(line.number),
            at: DateTime::from_timestamp(line.number.try_into().unwrap(), 0).unwrap(),
            read: false,
        };
        let seen = |me, unread| Thread {
            messages: lines.iter().map(|line| message(line, me)).collect(),
            unread,
            read_to: 0,
        };
        let taken = |Message { number, text, at, .. }| Taken { number, mine: true, text, at };
        let answers = lines.iter().map(|line| (line.number, taken(message(line, line.sender)))).collect();
        (Talk::of(&lines), answers, [seen(PAIR.0, 1), seen(PAIR.1, 3)])
    }

    /// What is said when something is wrong with it.
    fn said(spoil: impl Fn(&mut [Thread; 2], &mut Answers)) -> Vec<String> {
        let (talk, mut answers, mut sides) = right();
        spoil(&mut sides, &mut answers);
        thread(&talk, &answers, PAIR, [&sides[0], &sides[1]])
    }

    /// What is said when both see the messages in this order, numbered in that order.
    fn in_places(places: &[usize]) -> Vec<String> {
        said(|sides, answers| {
            for side in sides {
                let messages = places.iter().map(|place| side.messages[*place].clone());
                side.messages =
                    (1..).zip(messages).map(|(number, message)| Message { number, ..message }).collect();
            }
            answers.clear();
        })
    }

    #[test]
    fn what_is_right_is_no_difference() {
        assert_eq!(said(|_, _| ()), Vec::<String>::new());
        assert_eq!(in_places(&[1, 0, 2, 3]), Vec::<String>::new(), "two people write at once");
    }

    #[test]
    fn the_wrong_order_is_found_on_both_sides() {
        let said = in_places(&[0, 1, 3, 2]);
        assert_eq!(said.len(), 2, "{said:#?}");
        assert!(
            said[0].starts_with("m1's thread with m2: expected line 3 as number 2 of her own"),
            "{said:#?}"
        );
        assert!(said[1].starts_with("m2's thread with m1: expected line 3 as number 2 of the other's"));
    }

    #[test]
    fn missing_doubled_and_strange_messages_are_found() {
        let missing = in_places(&[0, 1, 2]);
        assert!(
            missing[0].ends_with("expected line 4 among her own messages, found it nowhere"),
            "{missing:#?}"
        );
        let doubled = in_places(&[0, 1, 2, 2, 3]);
        assert!(doubled[0].contains("found twice"), "{doubled:#?}");
        let strange = said(|sides, _| sides.iter_mut().for_each(|side| side.messages[1].text.push('!')));
        assert!(strange.iter().any(|said| said.contains("never sent")), "{strange:#?}");
        assert!(strange.iter().any(|said| said.contains("line 2")), "{strange:#?}");
    }

    #[test]
    fn gaps_and_what_only_one_sees_are_found() {
        let gap = said(|sides, answers| {
            sides.iter_mut().for_each(|side| side.messages[3].number = 5);
            answers.clear();
        });
        assert_eq!(gap.len(), 2);
        assert!(gap[0].ends_with("expected number 4, found 5"), "{gap:#?}");
        let withheld = said(|sides, _| drop(sides[1].messages.pop()));
        assert!(
            withheld.iter().any(|said| said.contains("one sees 4 messages, the other 3")),
            "{withheld:#?}"
        );
        let whose = said(|sides, _| sides[1].messages[0].mine = true);
        assert!(whose.iter().any(|said| said.starts_with("the thread of m1 and m2: one sees 1 (hers")));
    }

    #[test]
    fn marks_and_answers_are_compared() {
        let unread = said(|sides, _| sides[1].unread = 2);
        assert_eq!(unread, ["m2's thread with m1: expected 3 unread, found 2"]);
        assert_eq!(said(|sides, _| sides[0].read_to = 2).len(), 1);
        assert_eq!(said(|sides, _| sides[0].messages[0].read = true).len(), 1);
        let number = said(|_, answers| answers.get_mut(&4).unwrap().number = 3);
        assert!(number[0].contains("line 4 was answered with number 3"), "{number:#?}");
        assert_eq!(said(|_, answers| answers.get_mut(&1).unwrap().text.push('x')).len(), 1);
    }

    /// What is said of the inbox of somebody who has talked with m2, m3 and m4, the newest last.
    fn said_of_inbox(spoil: impl Fn(&mut Vec<Row>)) -> Vec<String> {
        let (_, _, [thread, _]) = right();
        let rows = thread.messages.iter().take(3).zip(["m2", "m3", "m4"]);
        let mut rows: Vec<Row> = rows
            .map(|(last, name)| Row { nickname: name.to_owned(), last: last.clone(), unread: 7 })
            .collect();
        let expected =
            rows.iter().map(|row| (row.nickname.clone(), Expected { last: row.last.clone(), unread: 7 }));
        let expected = expected.collect();
        rows.reverse();
        spoil(&mut rows);
        inbox(Person(1), &expected, &rows)
    }

    #[test]
    fn an_inbox_is_compared() {
        assert_eq!(said_of_inbox(|_| ()), Vec::<String>::new());
        let missing = said_of_inbox(|rows| drop(rows.remove(1)));
        assert_eq!(missing, ["m1's inbox: expected a conversation with m3, found none"]);
        let doubled = said_of_inbox(|rows| rows.insert(1, rows[1].clone()));
        assert_eq!(doubled, ["m1's inbox: expected one conversation with m3, found another"]);
        let order = said_of_inbox(|rows| rows.swap(0, 1));
        assert_eq!(order, ["m1's inbox: expected the newest first, found m3 before m4"]);
        let unread = said_of_inbox(|rows| rows[0].unread = 6);
        assert_eq!(unread, ["m1's inbox: expected 7 unread of m4, found 6"]);
        let last = said_of_inbox(|rows| rows[2].last.text.push('!'));
        assert!(last[0].contains("expected number 1 as the last of m2"), "{last:#?}");
        assert_eq!(said_of_inbox(|rows| rows[0].nickname.push('0')).len(), 2);
    }
}
