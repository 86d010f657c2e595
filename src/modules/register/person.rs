//! What an application must say of a person. All refusals come at once, each at its field.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Deserialize;

use super::schemas::{self, EMAIL_MAX, NICKNAME_MAX, NICKNAME_MIN, PASSWORD_MAX, PASSWORD_MIN, RESERVED};
use crate::failure::{Failure, FieldError};
use crate::kit::people::{AGE_MAX, AGE_MIN, Gender, Ideal, age_on};
use crate::kit::places::{self, Kind};
use crate::problem::Problem;

pub(super) const NICKNAME_TAKEN: Problem =
    Problem::conflict("register.nickname-taken", "This nickname is taken. Choose another.");
const NICKNAME_LENGTH: Problem =
    Problem::field("register.nickname-length", "This nickname is too short or too long.");
const NICKNAME_LETTERS: Problem =
    Problem::field("register.nickname-letters", "Use letters, digits, - and _, and begin with a letter.");
const NICKNAME_RESERVED: Problem =
    Problem::field("register.nickname-reserved", "This name speaks for the site. Choose another.");
const EMAIL_FORM: Problem =
    Problem::field("register.email-form", "Give an e-mail address, like name@example.org.");
const PASSWORD_LENGTH: Problem =
    Problem::field("register.password-length", "This password is too short or too long.");
const PASSWORD_WEAK: Problem =
    Problem::field("register.password-weak", "Your nickname is the first that others would try.");
const BIRTHDAY_FORM: Problem =
    Problem::field("register.birthday-form", "Give the day as year-month-day: 1990-05-17.");
const TOO_OLD: Problem = Problem::field("register.too-old", "Nobody is that old. Check the year.");
const TOO_YOUNG: Problem = Problem::field("register.too-young", "Only adults may join.");
const GENDER: Problem = Problem::field("register.gender", "Choose woman or man.");
const PLACE: Problem = Problem::field("register.place", "Choose a county or a town, or leave it out.");
const IDEAL_AGE: Problem = Problem::field("register.ideal-age", "Give an age that members can have.");
const IDEAL_AGES: Problem = Problem::field("register.ideal-ages", "The older age comes second.");

/// What a nickname is refused for.
pub(super) const OF_NICKNAME: &[Problem] = &[NICKNAME_LENGTH, NICKNAME_LETTERS, NICKNAME_RESERVED];
/// What a password is refused for.
pub(super) const OF_PASSWORD: &[Problem] = &[PASSWORD_LENGTH, PASSWORD_WEAK];
/// What an account is refused for beside the person.
pub(super) const OF_ACCOUNT: &[Problem] = &[EMAIL_FORM, PASSWORD_LENGTH, PASSWORD_WEAK];
/// What a person is refused for beside the nickname.
pub(super) const OF_PERSON: &[Problem] =
    &[NICKNAME_TAKEN, BIRTHDAY_FORM, TOO_OLD, TOO_YOUNG, GENDER, PLACE, IDEAL_AGE, IDEAL_AGES];

/// Who applies again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Person")]
pub(super) struct PersonInput {
    #[schemars(schema_with = "schemas::nickname")]
    pub nickname: String,
    #[schemars(schema_with = "schemas::birthday")]
    pub birthday: String,
    #[schemars(with = "Gender")]
    pub gender: String,
    pub ideal: IdealInput,
    #[schemars(with = "schemas::Town")]
    pub place: String,
}

/// Whom she looks for, as sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WantedIdeal")]
pub(super) struct IdealInput {
    #[schemars(with = "Gender")]
    pub gender: String,
    #[schemars(schema_with = "schemas::age")]
    pub from: i32,
    #[schemars(schema_with = "schemas::older_age")]
    pub to: i32,
    #[serde(default)]
    #[schemars(schema_with = "schemas::anywhere")]
    pub place: Option<String>,
}

/// The same as a form sends it. What a browser leaves out is empty, and refused as such.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PersonForm {
    pub nickname: String,
    pub birthday: String,
    pub gender: String,
    pub ideal_gender: String,
    pub ideal_from: String,
    pub ideal_to: String,
    pub ideal_place: String,
    pub place: String,
}

impl From<PersonForm> for PersonInput {
    fn from(form: PersonForm) -> Self {
        // What is no number is no age either: the check of the range says so.
        let age = |text: &str| text.trim().parse().unwrap_or(0);
        Self {
            nickname: form.nickname,
            birthday: form.birthday,
            gender: form.gender,
            ideal: IdealInput {
                gender: form.ideal_gender,
                from: age(&form.ideal_from),
                to: age(&form.ideal_to),
                place: Some(form.ideal_place).filter(|place| !place.is_empty()),
            },
            place: form.place,
        }
    }
}

/// A checked application.
#[derive(Debug)]
pub(super) struct Person {
    pub nickname: String,
    pub birthday: NaiveDate,
    pub gender: Gender,
    pub ideal: Ideal,
    pub place: String,
}

/// A refusal says its field later.
type Checked<T> = Result<T, Failure>;

/// Collects refusals.
#[derive(Default)]
pub(super) struct Refusals(Vec<FieldError>);

impl Refusals {
    /// The value, or a refusal at the field.
    pub(super) fn take<T>(&mut self, field: &str, checked: Checked<T>) -> Option<T> {
        checked.map_err(|refusal| self.0.extend(refusal.at(field).into_refused())).ok()
    }

    /// Everything that was refused so far.
    pub(super) fn failure(self) -> Failure {
        Failure::fields(self.0)
    }
}

/// Checks a person; `None` leaves the reasons in `refusals`.
pub(super) fn parse(input: &PersonInput, now: DateTime<Utc>, refusals: &mut Refusals) -> Option<Person> {
    let nickname = refusals.take("nickname", nickname(&input.nickname));
    let birthday = refusals.take("birthday", birthday(&input.birthday, now));
    let gender = refusals.take("gender", gender(&input.gender));
    let place = refusals.take("place", town(&input.place));
    let ideal_gender = refusals.take("ideal.gender", self::gender(&input.ideal.gender));
    let from = refusals.take("ideal.from", age(input.ideal.from));
    let to = refusals.take("ideal.to", age(input.ideal.to).and_then(|to| not_below(to, input.ideal.from)));
    let ideal_place = refusals.take("ideal.place", anywhere(input.ideal.place.as_deref()));
    let ideal = Ideal { gender: ideal_gender?, from: from?, to: to?, place: ideal_place? };
    Some(Person { nickname: nickname?, birthday: birthday?, gender: gender?, ideal, place: place? })
}

/// Letters of the Nordic languages, so that nobody can look like somebody else.
pub(super) fn nickname(text: &str) -> Checked<String> {
    let letter = |c: char| c.is_ascii_alphabetic() || "åäöæøéüÅÄÖÆØÉÜ".contains(c);
    let allowed = |c: char| letter(c) || c.is_ascii_digit() || c == '-' || c == '_';
    let length = text.chars().count();
    if !(NICKNAME_MIN..=NICKNAME_MAX).contains(&length) {
        let detail = format!("Choose a nickname of {NICKNAME_MIN} to {NICKNAME_MAX} characters.");
        return Err(NICKNAME_LENGTH.saying(detail));
    }
    if !text.starts_with(letter) || !text.chars().all(allowed) {
        return Err(NICKNAME_LETTERS.failure());
    }
    if RESERVED.contains(&text.to_lowercase().as_str()) {
        return Err(NICKNAME_RESERVED.failure());
    }
    Ok(text.to_owned())
}

/// Nothing that is certainly no address; whether mail arrives is for mail to find out.
pub(super) fn email(text: &str) -> Checked<String> {
    let Some((name, host)) = text.split_once('@') else { return Err(EMAIL_FORM.failure()) };
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '@' || "<>,;:\"()[]\\".contains(c);
    let dotted = host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    if name.is_empty() || !dotted || name.contains(odd) || host.contains(odd) || text.len() > EMAIL_MAX {
        return Err(EMAIL_FORM.failure());
    }
    Ok(text.to_owned())
}

/// Long beats complicated; the maximum keeps hashing cheap.
pub(super) fn password(text: &str, nickname: &str) -> Checked<String> {
    let length = text.chars().count();
    if !(PASSWORD_MIN..=PASSWORD_MAX).contains(&length) {
        let detail = format!("Choose a password of {PASSWORD_MIN} to {PASSWORD_MAX} characters.");
        return Err(PASSWORD_LENGTH.saying(detail));
    }
    if text.eq_ignore_ascii_case(nickname) {
        return Err(PASSWORD_WEAK.failure());
    }
    Ok(text.to_owned())
}

fn birthday(text: &str, now: DateTime<Utc>) -> Checked<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| BIRTHDAY_FORM.failure())?;
    match age_on(day, now) {
        age if age > AGE_MAX => Err(TOO_OLD.failure()),
        age if age < AGE_MIN => Err(TOO_YOUNG.saying(format!("You must be {AGE_MIN} or older to join."))),
        _ => Ok(day),
    }
}

fn gender(text: &str) -> Checked<Gender> {
    Gender::parse(text).ok_or_else(|| GENDER.failure())
}

fn town(id: &str) -> Checked<String> {
    match places::kind(id) {
        Some(Kind::Town) => Ok(id.to_owned()),
        _ => Err(PLACE.saying("Choose the town that you live in or near.")),
    }
}

fn anywhere(id: Option<&str>) -> Checked<Option<String>> {
    match id {
        Some(id) if places::kind(id).is_none() => Err(PLACE.failure()),
        id => Ok(id.map(str::to_owned)),
    }
}

fn age(years: i32) -> Checked<i32> {
    if (AGE_MIN..=AGE_MAX).contains(&years) {
        return Ok(years);
    }
    Err(IDEAL_AGE.saying(format!("Give an age of {AGE_MIN} to {AGE_MAX}.")))
}

fn not_below(to: i32, from: i32) -> Checked<i32> {
    if to < from {
        return Err(IDEAL_AGES.failure());
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nicknames() {
        for good in ["bo", "Åsa", "nancy-22", "x_y"] {
            assert!(nickname(good).is_ok(), "{good}");
        }
        for bad in ["b", "a b", "-bob", "аdmin", "Support", "a/b", "bob\u{200b}", "abcdefghijklmnopqrstu"] {
            assert!(nickname(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses() {
        assert!(email("bob@example.org").is_ok());
        for bad in ["", "bob", "bob@", "@example.org", "bob@example", "b b@example.org", "a@b@example.org"] {
            assert!(email(bad).is_err(), "{bad}");
        }
    }
}
