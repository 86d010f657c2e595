//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the sender's own name for one request of hers.
//!
//! Who got no answer sends the same again with the same key, and nothing happens twice. The module that takes the
//! key keeps it, in the transaction of what it stands for.

use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::request::Parts;

use crate::kernel::failure::Failure;
use crate::kernel::problem;

pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Characters of a key.
pub const KEY_MAX: usize = 64;

/// The value of the header `Idempotency-Key`, of 1 to [`KEY_MAX`] visible characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendingKey(String);

impl SendingKey {
    /// None for what cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=KEY_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The header, if it is there.
#[derive(Debug)]
pub struct IdempotencyKey(pub Option<SendingKey>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let Some(value) = parts.headers.get(HEADER) else { return Ok(Self(None)) };
        let key = value.to_str().ok().and_then(SendingKey::parse);
        key.map(|key| Self(Some(key))).ok_or_else(|| problem::NOT_A_KEY.at("Idempotency-Key"))
    }
}
