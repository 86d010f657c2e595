//! The people of all use cases: `usecases/cast.toml`.
//!
//! Their ids and birthdays follow from the file alone, so that stories and BOOK.md never change by themselves.

use chrono::{Datelike, NaiveDate};
use serde_json::{Value, json};
use uuid::Uuid;

use super::fault::Faults;
use super::model::State;
use super::table::Table;
use super::time::{NOON, today};
use super::tree::{Node, Tree};
use crate::kernel::event::Names;
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::people::{Gender, age, age_on};

/// Everybody, in the file's order.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    pub people: Vec<Person>,
    /// What `$password` stands for.
    pub password: String,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: MemberId,
    pub nickname: String,
    pub gender: Gender,
    pub birthday: NaiveDate,
    pub ideal: Ideal,
    pub place: String,
    /// `reviewer` or `admin`.
    pub role: Option<String>,
    pub state: State,
}

/// Whom she looks for.
#[derive(Debug, Clone)]
pub struct Ideal {
    pub gender: Gender,
    pub from: u32,
    pub to: u32,
    pub place: Option<String>,
}

/// The reason of every rejection that a case does not give itself.
pub const REASON: &str = "Tell us a little more about yourself.";
/// The role whose holder decides what a case does not decide itself.
const REVIEWER: &str = "reviewer";
/// Who decides on her.
const OPERATOR: &str = "operator";

impl Cast {
    /// Reads the file.
    pub fn read(tree: &Tree, faults: &mut Faults) -> Self {
        let mut cast = Self::default();
        for field in tree.table().unwrap_or_default() {
            match (&field.value.node, field.key.as_str()) {
                (Node::Text(text), "password") => text.clone_into(&mut cast.password),
                (Node::Table(_), "nobody") => {
                    faults.add::<()>(field.line, "nobody is who is not logged in, not a person");
                }
                (Node::Table(_), nickname) => {
                    let number = cast.people.len() + 1;
                    cast.people.extend(person(nickname, number, &field.value, faults));
                }
                (_, other) => {
                    faults.add::<()>(field.line, format!("the cast has people and a password, no {other}"));
                }
            }
        }
        if cast.password.is_empty() {
            faults.add::<()>(1, "the cast needs a password");
        }
        cast
    }

    pub fn person(&self, nickname: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.nickname == nickname)
    }

    pub fn by_id(&self, id: Uuid) -> Option<&Person> {
        self.people.iter().find(|person| person.id.uuid() == id)
    }

    pub fn nicknames(&self) -> impl Iterator<Item = &str> {
        self.people.iter().map(|person| person.nickname.as_str())
    }

    /// Whoever decides and grants where a case says nothing of it.
    pub fn decider(&self) -> Option<MemberId> {
        let by = |person: &&Person| person.role.as_deref() == Some(REVIEWER);
        self.people.iter().find(by).or(self.people.first()).map(|person| person.id)
    }

    /// Every field that an introducing event may ask for. The event's own type takes what it knows.
    pub fn facts_of(&self, person: &Person) -> Value {
        // Nobody approves herself.
        let by = self.decider().filter(|decider| *decider != person.id);
        json!({
            "member": person.id,
            "nickname": person.nickname,
            "gender": person.gender.code(),
            "birthday": person.birthday,
            "ideal": {
                "gender": person.ideal.gender.code(),
                "from": person.ideal.from,
                "to": person.ideal.to,
                "place": person.ideal.place,
            },
            "place": person.place,
            "application": 1,
            "reason": REASON,
            "role": person.role,
            "by": by.map_or_else(|| Value::from(OPERATOR), |member| Value::from(member.to_string())),
        })
    }
}

impl Names for Cast {
    fn name(&self, member: MemberId) -> String {
        self.by_id(member.uuid()).map_or_else(|| member.to_string(), |person| person.nickname.clone())
    }
    fn age(&self, birthday: NaiveDate) -> i32 {
        age_on(birthday, today())
    }
}

impl Person {
    /// `'bob' M 22, looking for F 20-25`
    pub fn describe(&self) -> String {
        let Self { nickname, gender, ideal, .. } = self;
        let years = age(self.birthday, &self.place, NOON);
        let (letter, wanted) = (gender.letter(), ideal.gender.letter());
        format!("'{nickname}' {letter} {years}, looking for {wanted} {}-{}", ideal.from, ideal.to)
    }
}

/// Ids of people: 00000000-0000-7000-8000-0000000000NN.
const PEOPLE: u128 = 0x7000_8000_0000_0000_0000;

fn person(nickname: &str, number: usize, tree: &Tree, faults: &mut Faults) -> Option<Person> {
    let mut table = Table::of(tree, nickname, faults)?;
    let gender = gender(&mut table, faults);
    let birthday = birthday(&mut table, faults);
    let ideal = table.take("ideal").and_then(|tree| ideal(tree, faults));
    let place = table.text("place", faults);
    let role = table.text("role", faults);
    let state = match table.text("state", faults) {
        None => State::Approved,
        Some(word) => state(&word, tree.line, faults)?,
    };
    table.finish(nickname, faults);
    let (Some(gender), Some(birthday), Some(ideal), Some(place)) = (gender, birthday, ideal, place) else {
        return faults.add(tree.line, format!("{nickname} needs gender, age (or birthday), ideal and place"));
    };
    let id = MemberId::of(Uuid::from_u128(PEOPLE + number as u128));
    Some(Person { id, nickname: nickname.to_owned(), gender, birthday, ideal, place, role, state })
}

/// `waiting`, `rejected`, `approved`, `absent`
pub fn state(word: &str, line: usize, faults: &mut Faults) -> Option<State> {
    match State::ALL.into_iter().find(|(known, _)| *known == word) {
        Some((_, state)) => Some(state),
        None => faults.add(line, format!("a state is waiting, rejected, approved or absent, not {word}")),
    }
}

fn gender(table: &mut Table<'_>, faults: &mut Faults) -> Option<Gender> {
    let word = table.text("gender", faults)?;
    match Gender::parse(&word) {
        Some(gender) => Some(gender),
        None => faults.add(table.line, format!("a gender is woman or man, not {word}")),
    }
}

/// A birthday in so many words, or one in January of the year that makes her as old as she says.
fn birthday(table: &mut Table<'_>, faults: &mut Faults) -> Option<NaiveDate> {
    if let Some(text) = table.text("birthday", faults) {
        return match text.parse() {
            Ok(day) => Some(day),
            Err(_) => faults.add(table.line, format!("{text} is no day; write 2001-05-17")),
        };
    }
    let years = i32::try_from(table.count("age", faults)?).ok()?;
    NaiveDate::from_ymd_opt(today().year().checked_sub(years)?, 1, 15)
}

fn ideal(tree: &Tree, faults: &mut Faults) -> Option<Ideal> {
    let mut table = Table::of(tree, "ideal", faults)?;
    let gender = gender(&mut table, faults);
    let from = table.count("from", faults).and_then(|n| u32::try_from(n).ok());
    let to = table.count("to", faults).and_then(|n| u32::try_from(n).ok());
    let place = table.text("place", faults);
    table.finish("ideal", faults);
    match (gender, from, to) {
        (Some(gender), Some(from), Some(to)) => Some(Ideal { gender, from, to, place }),
        _ => faults.add(tree.line, "an ideal needs gender, from and to"),
    }
}
