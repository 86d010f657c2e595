//! What a member typed, for the page that comes instead of the one she hoped for. It is shown, and can be sent again
//! as it was. Passwords are typed anew.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::{Fields, KEEP, TO};
use crate::kernel::failure::Failure;

/// Fields that hold a member's own words. Everything else is chosen or short, and stands on the page that she comes from.
const WORDS: [&str; 2] = ["text", "reason"];
/// Fields that no page gives back.
const SECRETS: [&str; 2] = ["password", "current"];

/// A form as it was sent, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    action: String,
    fields: Fields,
}

/// A form that waits for a login, and is sent right after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again(Kept);

impl Kept {
    pub(super) fn new(action: &str, fields: Fields) -> Self {
        Self { action: action.to_owned(), fields }
    }

    /// Where the form goes: a path of this site.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The member's own words, to be shown.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let said = self.fields.iter().filter(|(name, _)| WORDS.contains(&name.as_str()));
        said.map(|(_, words)| words.as_str()).filter(|words| !words.trim().is_empty())
    }

    /// Everything that is sent again without being typed again: the key too, so that it happens once.
    pub fn hidden(&self) -> impl Iterator<Item = &(String, String)> {
        self.fields.iter().filter(|(name, _)| !is_secret(name))
    }

    /// Passwords that the form needs.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str()).filter(|name| is_secret(name))
    }

    /// The form that a login carries along. None where the form holds a password, which is in no page.
    pub fn after_login(&self) -> Option<Again> {
        self.secrets().next().is_none().then(|| Again(self.clone()))
    }
}

impl Again {
    /// None where it would lead away from this site.
    pub(super) fn new(to: &str, fields: Fields) -> Option<Self> {
        is_own_path(to).then(|| Self(Kept::new(to, fields)))
    }

    pub fn path(&self) -> &str {
        self.0.action()
    }

    pub(super) fn into_fields(self) -> Fields {
        self.0.fields
    }

    /// The hidden fields of the login.
    pub fn carried(&self) -> impl Iterator<Item = (String, &str)> {
        let kept = self.0.hidden().map(|(name, value)| (format!("{KEEP}{name}"), value.as_str()));
        std::iter::once((TO.to_owned(), self.path())).chain(kept)
    }

    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.words()
    }
}

/// The form that this login carries along, if it does.
pub struct Carried(pub Option<Again>);

impl<S: Sync> FromRequestParts<S> for Carried {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self(parts.extensions.get::<Again>().cloned()))
    }
}

fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name)
}

/// A path of this site: nobody is sent elsewhere by a link or a form.
pub fn is_own_path(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(fields: &[(&str, &str)]) -> Kept {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Kept::new("/settings/password", fields.iter().map(own).collect())
    }

    #[test]
    fn no_password_is_in_a_page() {
        let form = kept(&[("_key", "k"), ("current", "secret"), ("password", "new one"), ("text", "Hello")]);
        assert_eq!(form.words().collect::<Vec<_>>(), ["Hello"]);
        assert!(form.hidden().all(|(_, value)| !value.contains("secret") && !value.contains("new one")));
        assert_eq!(form.secrets().collect::<Vec<_>>(), ["current", "password"]);
        assert_eq!(form.after_login(), None);
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        assert!(is_own_path("/alerts?from=x"));
        for bad in ["", "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"] {
            assert!(!is_own_path(bad), "{bad}");
        }
    }
}
