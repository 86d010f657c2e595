//! A form as it was filled in, with the message at each refused field, to be shown again.

use std::collections::BTreeMap;

use crate::kernel::failure::Failure;

/// Fields of one form that are kept.
const FIELDS_MAX: usize = 64;

/// What a form's template shows. An empty one is a fresh form.
#[derive(Debug, Default, Clone)]
pub struct FormState {
    values: BTreeMap<String, String>,
    errors: BTreeMap<String, String>,
    summary: Option<String>,
}

impl FormState {
    /// From the body of a post.
    pub fn of(body: &str) -> Self {
        let values = form_urlencoded::parse(body.as_bytes()).into_owned().take(FIELDS_MAX).collect();
        Self { values, ..Self::default() }
    }

    /// A form that starts with what is known.
    pub fn filled<const N: usize>(values: [(&str, String); N]) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { values, ..Self::default() }
    }

    /// Adds what the address said and the form did not.
    #[must_use]
    pub fn with(mut self, name: &str, value: String) -> Self {
        self.values.insert(name.to_owned(), value);
        self
    }

    /// The same form with the messages of a refusal.
    #[must_use]
    pub fn refused(mut self, failure: &Failure) -> Self {
        for error in failure.refused() {
            self.errors.entry(input_name(&error.field)).or_insert_with(|| error.detail.to_string());
        }
        if self.errors.keys().all(|field| !self.values.contains_key(field)) {
            // A refusal of no field of this form is said above it.
            self.summary = Some(failure.detail().to_owned());
        }
        self
    }

    /// What was typed. Passwords are not shown again: their inputs do not ask.
    pub fn value(&self, field: &str) -> &str {
        self.values.get(field).map_or("", String::as_str)
    }

    /// The message at a field.
    pub fn error(&self, field: &str) -> Option<&str> {
        self.errors.get(field).map(String::as_str)
    }

    /// The message of the whole.
    pub fn summary(&self) -> Option<&str> {
        self.summary.as_deref()
    }
}

/// `ideal.from` in JSON is `idealFrom` in a form.
fn input_name(field: &str) -> String {
    let mut name = String::new();
    let mut upper = false;
    for letter in field.chars() {
        match letter {
            '.' => upper = true,
            _ if upper => {
                name.extend(letter.to_uppercase());
                upper = false;
            }
            _ => name.push(letter),
        }
    }
    name
}
