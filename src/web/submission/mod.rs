//! A form as a page sends it. Beside what a member typed it says for whom its page was drawn, and it has a key.
//!
//! Three things rest on that ([decision 89](../../../docs/decisions/0089-forms-are-sealed.md)): what a member typed
//! is never lost to a refusal or an ended login ([`Kept`]), the same form sent again has the outcome of the first
//! time ([`once`]), and no page acts for another member than the one it was drawn for ([`DrawnFor`]).
//!
//! The hidden fields begin with `_` and are gone before a slice reads its form.

mod drawn_for;
mod files;
mod kept;
pub mod once;

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use sha2::{Digest, Sha256};

pub use self::drawn_for::DrawnFor;
pub use self::files::FileForm;
pub use self::kept::{Again, Carried, Kept, is_own_path};
use super::form::FormState;
use super::idempotency::SendingKey;
use crate::kernel::failure::Failure;
use crate::shared::text::hex;

/// The hidden field with the key of the page that drew the form.
const KEY: &str = "_key";
/// The hidden field with the member for whom the page was drawn, and the parameter of a stream that says the same.
const FOR: &str = "_for";
/// The hidden field of a login with the address where a kept form goes.
const TO: &str = "_to";
/// What the name of a kept field begins with, in a login that carries a form along.
const KEEP: &str = "_keep.";

/// Names one submission. The same form sent again has the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubmissionId([u8; 32]);

/// A form that was sent, taken apart.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The slice's own fields, encoded as they came.
    pub body: Bytes,
    /// None where the form has no key: a program that fills in forms is not promised anything.
    pub id: Option<SubmissionId>,
    /// None where the form does not say.
    pub drawn_for: Option<DrawnFor>,
    /// In a login: the form that is sent after it.
    pub again: Option<Again>,
    /// The whole form, for the page that is shown if it is refused.
    pub kept: Kept,
}

/// How a form without files says what it is.
const FORM: &str = "application/x-www-form-urlencoded";

type Fields = Vec<(String, String)>;

impl Submission {
    /// Takes a body apart. What is no form is passed on as it is, for the slice to refuse. From here on a form in
    /// parts, where a file may come, is like any other, and its file lies beside it ([`FileForm`]).
    ///
    /// # Errors
    /// 400 for a form in parts that cannot be read.
    pub async fn of(parts: &mut Parts, body: Bytes, takes_file: bool) -> Result<Self, Failure> {
        let Some(boundary) = files::boundary(&parts.headers).filter(|_| takes_file) else {
            return Ok(Self::urlencoded(parts, &body));
        };
        let (fields, file) = files::read(body, boundary).await?;
        let id = value(&fields, KEY).map(|_| {
            let file = file.as_ref().map(|file| ("_file".to_owned(), hex(&Sha256::digest(file))));
            SubmissionId::of(parts.uri.path(), &fields.iter().cloned().chain(file).collect())
        });
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
        let form = Self { id, ..Self::taken_apart(parts.uri.path(), fields, None) };
        let state = FormState::of(std::str::from_utf8(&form.body).unwrap_or_default());
        parts.extensions.insert(FileForm { file, state });
        Ok(form)
    }

    fn urlencoded(parts: &Parts, body: &Bytes) -> Self {
        let path = parts.uri.path();
        let text = std::str::from_utf8(body).unwrap_or_default();
        if !is_form(&parts.headers) || text.is_empty() {
            let kept = Kept::new(path, Vec::new());
            return Self { body: body.clone(), id: None, drawn_for: None, again: None, kept };
        }
        let fields: Fields = form_urlencoded::parse(body).into_owned().collect();
        match carried(&fields) {
            // The login has sent the browser on to here, with the form that waited.
            Some(again) if again.path() == path => Self::taken_apart(path, again.into_fields(), None),
            again => Self::taken_apart(path, fields, again),
        }
    }

    fn taken_apart(path: &str, fields: Fields, again: Option<Again>) -> Self {
        let drawn_for = value(&fields, FOR).and_then(DrawnFor::parse);
        let id = value(&fields, KEY).map(|_| SubmissionId::of(path, &fields));
        let own = fields.iter().filter(|(name, _)| !name.starts_with('_'));
        let body = Serializer::new(String::new()).extend_pairs(own).finish().into();
        Self { body, id, drawn_for, again, kept: Kept::new(path, fields) }
    }
}

/// The form that a login carries along.
fn carried(fields: &Fields) -> Option<Again> {
    let to = value(fields, TO)?;
    let kept =
        fields.iter().filter_map(|(name, value)| Some((name.strip_prefix(KEEP)?.to_owned(), value.clone())));
    Again::new(to, kept.collect())
}

fn value<'a>(fields: &'a Fields, wanted: &str) -> Option<&'a str> {
    fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
}

fn is_form(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    sent.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM)
}

impl SubmissionId {
    /// Of the address and all fields. A text that was changed is another submission, whatever its key.
    fn of(path: &str, fields: &Fields) -> Self {
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            // Browsers write line breaks in two characters, and scripts in one.
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text);
        };
        add(path);
        for (name, value) in fields {
            add(name);
            add(value);
        }
        Self(hash.finalize().into())
    }

    /// As the tables keep it.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The submission's name as a key of the sender's own, for a slice that keeps keys with what they stand for.
#[derive(Debug)]
pub struct FormKey(pub Option<SendingKey>);

impl<S: Sync> FromRequestParts<S> for FormKey {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let text = |id: &SubmissionId| URL_SAFE_NO_PAD.encode(id.0);
        Ok(Self(parts.extensions.get::<SubmissionId>().and_then(|id| SendingKey::parse(&text(id)))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn sent(path: &str, body: &str) -> Submission {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Submission::urlencoded(&parts, &Bytes::from(body.to_owned()))
    }

    #[test]
    fn slices_see_their_own_fields_only() {
        let form = sent("/chat/nancy", "_key=k&text=a%26b&_for=-&empty=");
        assert_eq!(form.body, "text=a%26b&empty=");
        assert_eq!(form.drawn_for, Some(DrawnFor::Nobody));
        assert!(sent("/chat/nancy", "text=a").id.is_none());
    }

    #[test]
    fn the_same_form_is_the_same_submission() {
        let id = |path, body| sent(path, body).id.unwrap();
        let first = id("/chat/nancy", "_key=k&text=one%0D%0Atwo");
        assert_eq!(first, id("/chat/nancy", "_key=k&text=one%0Atwo"));
        assert_ne!(first, id("/chat/nancy", "_key=k&text=one"));
        assert_ne!(first, id("/chat/nancy", "_key=l&text=one%0Atwo"));
        assert_ne!(first, id("/chat/bob", "_key=k&text=one%0Atwo"));
        assert_ne!(id("/x", "_key=k&a=bc"), id("/x", "_key=k&ab=c"));
    }

    #[test]
    fn a_login_carries_a_form_to_where_it_goes() {
        let body = "nickname=bob&password=secret&_to=%2Fchat%2Fnancy&_keep._key=k&_keep.text=Hi";
        let login = sent("/login", body);
        assert_eq!(login.body, "nickname=bob&password=secret");
        assert_eq!(login.again.as_ref().map(Again::path), Some("/chat/nancy"));
        let form = sent("/chat/nancy", body);
        assert_eq!(form.body, "text=Hi");
        assert_eq!(form.id, sent("/chat/nancy", "_key=k&text=Hi").id);
        assert!(sent("/login", "nickname=bob&_to=https%3A%2F%2Fevil.example").again.is_none());
    }
}
