//! What every action that takes a body takes: a good one each, to be spoilt in every way by the tests.

use serde_json::{Value, json};

use crate::house::{PASSWORD, Who};
use crate::routes::NOBODY;

/// An action with a body.
pub(crate) struct Taken {
    /// As [`pancake::kernel::module::ActionRecord::title`] has it.
    pub(crate) title: &'static str,
    /// Who may call it.
    pub(crate) who: Who,
    /// A good body. A form has the same without a level: `ideal.from` is `idealFrom`.
    pub(crate) good: Value,
    /// Texts of which any content is read, and then found to be wrong: 401 or 409 and no 422.
    pub(crate) free: &'static [&'static str],
}

impl Taken {
    /// True for a text that is hers to write, and that nothing else stands in the way of.
    pub(crate) fn is_hers(&self, field: &str) -> bool {
        let of_a_report = self.title == "POST /member/{nickname}/report" && field == "words";
        of_a_report || (self.title.ends_with("/draft") && field == "presentation")
    }

    /// True for a field that may be left out, or empty.
    pub(crate) fn is_optional(&self, field: &str) -> bool {
        let of_an_ideal = self.title.ends_with("/ideal") && field == "place";
        let of_typing = self.title.ends_with("/typing");
        let of_a_report = self.title.contains("/report") && field == "words";
        let of_a_measure = self.title.ends_with("/uphold") && field == "days";
        let of_an_order = self.title.ends_with("/order") && field == "private";
        let of_facts = self.title.ends_with("/draft/facts") && !matches!(field, "lookingFor" | "languages");
        let of_interests = self.title == "POST /interest";
        of_an_ideal
            || of_facts
            || of_interests
            || of_typing
            || of_a_report
            || of_a_measure
            || of_an_order
            || field == "ideal.place"
            || field == "idealPlace"
    }
}

/// All of them. A test finds out if one is missing.
pub(crate) fn taken() -> Vec<Taken> {
    let person = json!({
        "nickname": "newcomer", "birthday": "1990-05-17", "gender": "woman", "place": "falun",
        "ideal": { "gender": "man", "from": 20, "to": 40, "place": "mora" },
    });
    let mut applicant = person.clone();
    applicant["email"] = json!("newcomer@example.org");
    applicant["password"] = json!(PASSWORD);
    let login = json!({ "nickname": "maja", "password": PASSWORD });
    let change = json!({ "current": PASSWORD, "password": "another long one" });
    let reason = json!({ "reason": "Say more." });
    let seen = json!({ "upTo": NOBODY });
    let message = json!({ "text": "Do you like trains?" });
    let read = json!({ "upTo": 1 });
    let ideal = json!({ "gender": "woman", "from": 25, "to": 30, "place": "visby" });
    let draft = json!({ "presentation": "I like trains." });
    let report = json!({ "cause": "scam", "words": "He asked twice." });
    let uphold = json!({ "measure": "suspend", "days": 7, "reason": "Be kind." });
    let facts = json!({
        "lookingFor": ["love"], "children": "wants", "smoking": "no", "languages": ["sv", "en"], "height": 172,
    });
    let ticked = json!({
        "lookingFor-love": "true", "children": "wants", "smoking": "no", "languages-sv": "true", "height": 172,
    });
    vec![
        both("POST /api/register", Who::Nobody, applicant.clone(), &[]),
        both("POST /register", Who::Nobody, flat(&applicant), &[]),
        both("POST /api/register/again", Who::Rejected, person.clone(), &[]),
        both("POST /register/again", Who::Rejected, flat(&person), &[]),
        both("POST /api/session", Who::Nobody, login.clone(), &["nickname", "password"]),
        both("POST /login", Who::Nobody, login, &["nickname", "password", "next"]),
        both("PUT /api/session/password", Who::Member, change.clone(), &[]),
        both("POST /settings/password", Who::Member, change, &[]),
        both("PUT /api/draft", Who::Member, draft.clone(), &[]),
        both("POST /draft", Who::Member, draft, &[]),
        both("PUT /api/media/order", Who::Member, json!({ "photos": [], "private": [] }), &[]),
        both("PUT /api/draft/facts", Who::Member, facts, &[]),
        both("POST /draft/facts", Who::Member, ticked, &[]),
        both("PUT /api/interest/own", Who::Member, json!({ "interests": ["skiing"] }), &[]),
        both("POST /interest", Who::Member, json!({ "interest-skiing": "true" }), &[]),
        both("PUT /api/ideal", Who::Member, ideal.clone(), &[]),
        both("POST /ideal", Who::Member, ideal, &[]),
        both("POST /api/alerts/ack", Who::Member, seen.clone(), &[]),
        both("POST /alerts/ack", Who::Member, seen.clone(), &[]),
        both("POST /api/news/ack", Who::Member, seen.clone(), &[]),
        both("POST /news/ack", Who::Member, seen, &[]),
        both("POST /api/chat/{member}", Who::Member, message.clone(), &["text"]),
        both("POST /chat/{nickname}", Who::Member, message, &["text"]),
        both("POST /chat/{nickname}/typing", Who::Member, read.clone(), &[]),
        both("POST /api/chat/{member}/read", Who::Member, read.clone(), &[]),
        both("POST /chat/{nickname}/read", Who::Member, read, &[]),
        both("POST /api/review/{item}/reject", Who::Reviewer, reason.clone(), &[]),
        both("POST /review/{item}/reject", Who::Reviewer, reason.clone(), &[]),
        both("POST /api/review/{item}/dismiss", Who::Reviewer, reason.clone(), &[]),
        both("POST /review/{item}/dismiss", Who::Reviewer, reason, &[]),
        both("POST /api/review/{item}/uphold", Who::Reviewer, uphold.clone(), &[]),
        both("POST /review/{item}/uphold", Who::Reviewer, uphold, &[]),
        both("POST /api/profile/{member}/report", Who::Member, report.clone(), &["words"]),
        both("POST /member/{nickname}/report", Who::Member, report.clone(), &[]),
        both("POST /api/chat/{member}/report/{number}", Who::Member, report.clone(), &["words"]),
        both("POST /chat/{nickname}/report/{number}", Who::Member, report, &["words"]),
    ]
}

fn both(title: &'static str, who: Who, good: Value, free: &'static [&'static str]) -> Taken {
    Taken { title, who, good, free }
}

/// As a form names it.
fn flat(value: &Value) -> Value {
    let mut flat = value.clone();
    let inner = flat.as_object_mut().unwrap().remove("ideal").unwrap();
    for (name, value) in inner.as_object().unwrap() {
        let (first, rest) = name.split_at(1);
        flat[format!("ideal{}{rest}", first.to_uppercase())] = json!(text(value));
    }
    flat
}

/// As a form sends it.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A form's body.
pub(crate) fn form(value: &Value) -> String {
    let pairs = value.as_object().into_iter().flatten().map(|(name, value)| (name, text(value)));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The dotted paths of all fields, those that hold others included.
pub(crate) fn fields(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, inner) in value.as_object().into_iter().flatten() {
        found.push(name.clone());
        found.extend(fields(inner).into_iter().map(|rest| format!("{name}.{rest}")));
    }
    found
}

/// The same with another value at a dotted path; none takes the field away.
pub(crate) fn with(good: &Value, path: &str, value: Option<Value>) -> Value {
    let mut spoilt = good.clone();
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let pointer = if parent.is_empty() { String::new() } else { format!("/{}", parent.replace('.', "/")) };
    let object = spoilt.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => object.insert(name.to_owned(), value),
        None => object.remove(name),
    };
    spoilt
}
