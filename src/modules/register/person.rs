//! What an application must say of a person. All refusals come at once, each at its field.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Deserialize;

use super::schemas::{self, NICKNAME_MAX, NICKNAME_MIN, PASSWORD_MAX, PASSWORD_MIN, RESERVED, SITE};
use super::strength;
use crate::kernel::failure::{Failure, Refusals};
use crate::kernel::problem::Problem;
use crate::shared::calendar;
use crate::shared::ideals::{IdealForm, IdealInput, Refuses, Town};
use crate::shared::passwords::Password;
use crate::shared::people::{AGE_MAX, AGE_MIN, Gender, Ideal, age_on};
use crate::shared::places::{self, Kind};
use crate::shared::text::email::Email;
use crate::shared::text::name::{self, looks_like, looks_to_contain};

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
    Problem::field("register.password-weak", "This password is among the first that others would try.");
const BIRTHDAY_FORM: Problem =
    Problem::field("register.birthday-form", "Give the day as year-month-day: 1990-05-17.");
const TOO_OLD: Problem = Problem::field("register.too-old", "Nobody is that old. Check the year.");
const TOO_YOUNG: Problem = Problem::field("register.too-young", "Only adults may join.");
const TOO_WEAK: &str = "This would be guessed soon: common words, your own name or address, years and rows of keys count \
                        little. Put a few words together that only you would.";
/// Of her own gender and place, too.
const OF_IDEAL: Refuses =
    Refuses::of(["register.gender", "register.place", "register.ideal-age", "register.ideal-ages"]);

/// What a nickname is refused for.
pub(super) const OF_NICKNAME: &[Problem] = &[NICKNAME_LENGTH, NICKNAME_LETTERS, NICKNAME_RESERVED];
/// What a password is refused for.
pub(super) const OF_PASSWORD: &[Problem] = &[PASSWORD_LENGTH, PASSWORD_WEAK];
/// What an account is refused for beside the person.
pub(super) const OF_ACCOUNT: &[Problem] = &[EMAIL_FORM, PASSWORD_LENGTH, PASSWORD_WEAK];
/// What a person is refused for beside the nickname.
pub(super) const OF_PERSON: &[Problem] = {
    let [gender, place, age, ages] = OF_IDEAL.all();
    &[NICKNAME_TAKEN, BIRTHDAY_FORM, TOO_OLD, TOO_YOUNG, gender, place, age, ages]
};

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
    #[schemars(with = "Town")]
    pub place: String,
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
        let ideal = IdealForm {
            gender: form.ideal_gender,
            from: form.ideal_from,
            to: form.ideal_to,
            place: form.ideal_place,
        };
        Self {
            nickname: form.nickname,
            birthday: form.birthday,
            gender: form.gender,
            ideal: ideal.into(),
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

/// Checks a person; `None` leaves the reasons in `refusals`.
pub(super) fn parse(input: &PersonInput, now: DateTime<Utc>, refusals: &mut Refusals) -> Option<Person> {
    let nickname = refusals.take("nickname", nickname(&input.nickname));
    let birthday = refusals.take("birthday", birthday(&input.birthday, calendar::day(&input.place, now)));
    let gender = refusals.take("gender", OF_IDEAL.gender(&input.gender));
    let place = refusals.take("place", town(&input.place));
    let ideal = OF_IDEAL.check(&input.ideal, "ideal.", refusals);
    Some(Person { nickname: nickname?, birthday: birthday?, gender: gender?, ideal: ideal?, place: place? })
}

/// Letters of the Nordic languages, so that nobody can look like somebody else.
pub(super) fn nickname(typed: &str) -> Checked<String> {
    let text = name::kept(typed);
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
    if RESERVED.iter().any(|name| looks_like(&text, name)) || looks_to_contain(&text, SITE) {
        return Err(NICKNAME_RESERVED.failure());
    }
    Ok(text)
}

/// Nothing that is certainly no address; whether mail arrives is for mail to find out.
pub(super) fn email(typed: &str) -> Checked<Email> {
    Email::parse(typed).ok_or_else(|| EMAIL_FORM.failure())
}

/// Long beats complicated; the maximum keeps hashing cheap. `own` are words that others know of her.
pub(super) fn password(typed: &str, own: &[&str]) -> Checked<Password> {
    let password = Password::of(typed);
    let length = password.as_str().chars().count();
    if !(PASSWORD_MIN..=PASSWORD_MAX).contains(&length) {
        let detail = format!("Choose a password of {PASSWORD_MIN} to {PASSWORD_MAX} characters.");
        return Err(PASSWORD_LENGTH.saying(detail));
    }
    let own: Vec<_> = own.iter().map(|word| name::kept(word)).collect();
    let own: Vec<&str> = own.iter().map(AsRef::as_ref).collect();
    if strength::pieces(password.as_str(), &own) < strength::PIECES_MIN {
        return Err(PASSWORD_WEAK.saying(TOO_WEAK));
    }
    Ok(password)
}

/// `today` is the day of her place: she is an adult from her own midnight on.
fn birthday(text: &str, today: NaiveDate) -> Checked<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| BIRTHDAY_FORM.failure())?;
    match age_on(day, today) {
        age if age > AGE_MAX => Err(TOO_OLD.failure()),
        age if age < AGE_MIN => Err(TOO_YOUNG.saying(format!("You must be {AGE_MIN} or older to join."))),
        _ => Ok(day),
    }
}

fn town(id: &str) -> Checked<String> {
    match places::kind(id) {
        Some(Kind::Town) => Ok(id.to_owned()),
        _ => Err(OF_IDEAL.place.saying("Choose the town that you live in or near.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nicknames() {
        for good in ["bo", "Åsa", "nancy-22", "x_y", "pancake-lover", "badminton", "Erna", "adam"] {
            assert!(nickname(good).is_ok(), "{good}");
        }
        assert_eq!(nickname(" A\u{30a}sa ").unwrap(), "Åsa");
        for bad in ["b", "a b", "-bob", "аdmin", "a/b", "bob\u{200b}", "ｂｏｂ", "abcdefghijklmnopqrstu"]
        {
            assert!(nickname(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nobody_speaks_for_the_site() {
        let names = [
            "Support",
            "Support_",
            "Moderator_",
            "Happy_Pancake",
            "ADMlN",
            "Adm1n",
            "rnoderator",
            "moderat0r",
        ];
        let more =
            ["HappyPancake-team", "happypancake2", "admin-1", "Süpport", "pancåke", "oper4tor", "aclmin"];
        for name in names.iter().chain(&more) {
            assert_eq!(nickname(name).unwrap_err().code(), NICKNAME_RESERVED.code, "{name}");
        }
    }

    #[test]
    fn a_password_is_not_the_nickname() {
        for (typed, name) in [
            ("Wilhelmina1", "wilhelmina1"),
            ("åsa-lindstro\u{308}m", "A\u{30a}sa-Lindström"),
            (" wilhelmina1", "wilhelmina1 "),
        ] {
            assert_eq!(
                password(typed, &[name]).err().map(|refusal| refusal.code()),
                Some(PASSWORD_WEAK.code),
                "{typed}"
            );
        }
        // Nine letters are nine, in however many pieces.
        assert!(password(&"a\u{30a}".repeat(PASSWORD_MIN - 1), &["bob"]).is_err());
        let letters = ["a\u{30a}", "x", "o\u{308}", "7", "k"];
        let long: String = letters.into_iter().cycle().take(PASSWORD_MAX).collect();
        assert!(password(&long[..], &["bob"]).is_ok());
    }
}
