//! Words about people: gender, ideal, age, nickname, and who decides.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{calendar, places};
use crate::kernel::event::Names;
use crate::kernel::id::MemberId;

/// Nobody younger may join.
pub const AGE_MIN: i32 = 18;
/// Nobody is older; an ideal reaches no further.
pub const AGE_MAX: i32 = 120;

/// A member's gender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Gender {
    Woman,
    Man,
}

impl Gender {
    /// As stored and as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Woman => "woman",
            Self::Man => "man",
        }
    }

    /// As a page says it.
    pub fn label(self) -> &'static str {
        self.code()
    }

    /// From a form.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "woman" => Some(Self::Woman),
            "man" => Some(Self::Man),
            _ => None,
        }
    }

    /// As a story abbreviates it.
    pub fn letter(self) -> char {
        match self {
            Self::Woman => 'F',
            Self::Man => 'M',
        }
    }
}

/// Whom a member looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ideal {
    pub gender: Gender,
    /// Youngest age.
    pub from: i32,
    /// Oldest age.
    pub to: i32,
    /// A county, a town, or anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl Ideal {
    /// `F 20-25`, for stories.
    pub fn short(&self) -> String {
        format!("{} {}-{}", self.gender.letter(), self.from, self.to)
    }

    /// `women of 20 to 25 in Uppsala`, for pages.
    pub fn sentence(&self) -> String {
        let whom = match self.gender {
            Gender::Woman => "women",
            Gender::Man => "men",
        };
        let place = self.place.as_deref().map(|id| format!(" in {}", places::label(id))).unwrap_or_default();
        format!("{whom} of {} to {}{place}", self.from, self.to)
    }
}

/// Who decided: a member, or the operator at the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum DecidedBy {
    Operator(Operator),
    Member(MemberId),
}

/// The word `operator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Operator {
    Operator,
}

impl DecidedBy {
    /// At the command line.
    pub const OPERATOR: Self = Self::Operator(Operator::Operator);

    /// The member, if it was one.
    pub fn member(self) -> Option<MemberId> {
        match self {
            Self::Operator(_) => None,
            Self::Member(member) => Some(member),
        }
    }

    /// For sentences.
    pub fn name(self, names: &dyn Names) -> String {
        self.member().map_or_else(|| "the operator".to_owned(), |member| names.name(member))
    }
}

/// The age, in whole years, of a member who lives there. It is never stored: it grows at midnight in her place.
pub fn age(birthday: NaiveDate, place: &str, now: DateTime<Utc>) -> i32 {
    age_on(birthday, calendar::day(place, now))
}

/// The age, in whole years, on a day of the member's own place.
pub fn age_on(birthday: NaiveDate, today: NaiveDate) -> i32 {
    let years = today.year() - birthday.year();
    // Who is born on 29 February has her birthday on 1 March in other years.
    if (today.month(), today.day()) < (birthday.month(), birthday.day()) { years - 1 } else { years }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birthday_makes_older_on_its_day() {
        let born = NaiveDate::from_ymd_opt(2000, 6, 15).unwrap();
        let on = |day: &str| day.parse::<NaiveDate>().unwrap();
        assert_eq!(age_on(born, on("2018-06-14")), 17);
        assert_eq!(age_on(born, on("2018-06-15")), 18);
        let leap = NaiveDate::from_ymd_opt(2000, 2, 29).unwrap();
        assert_eq!(age_on(leap, on("2018-02-28")), 17);
        assert_eq!(age_on(leap, on("2018-03-01")), 18);
    }

    #[test]
    fn a_birthday_begins_at_her_own_midnight() {
        let born = NaiveDate::from_ymd_opt(2008, 1, 16).unwrap();
        let at = |time: &str| format!("2026-01-15T{time}Z").parse::<DateTime<Utc>>().unwrap();
        assert_eq!((age(born, "helsinki", at("21:59:59")), age(born, "helsinki", at("22:00:00"))), (17, 18));
        assert_eq!((age(born, "lund", at("22:59:59")), age(born, "lund", at("23:00:00"))), (17, 18));
    }

    #[test]
    fn an_operator_is_a_word_and_a_member_an_id() {
        assert_eq!(serde_json::to_string(&DecidedBy::OPERATOR).unwrap(), r#""operator""#);
        assert_eq!(serde_json::from_str::<DecidedBy>(r#""operator""#).unwrap(), DecidedBy::OPERATOR);
        assert!(serde_json::from_str::<DecidedBy>(r#""somebody""#).is_err());
    }
}
