//! The site's one secret: what is signed here comes from this site and was not altered since, whichever node signed it.
//!
//! It is 32 random bytes in the database, made by the first node that needs them. A signature is for one purpose: one that
//! was made for another fits nothing.

use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::limits::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;

/// HMAC-SHA256 with the site's secret.
pub struct Secret([u8; 32]);

impl Secret {
    /// Of this site. The first one to ask reads it from the database.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn of(ctx: &Context) -> Result<&Self, Failure> {
        ctx.secret().get_or_try_init(|| read(ctx)).await
    }

    /// Signs these parts, in this order. 32 bytes.
    pub fn sign(&self, purpose: &'static str, parts: &[&[u8]]) -> [u8; 32] {
        self.mac(purpose, parts).into_bytes().into()
    }

    /// Whether this is the signature of these parts. It takes the same time wherever they differ.
    pub fn fits(&self, purpose: &'static str, parts: &[&[u8]], signature: &[u8]) -> bool {
        let Ok(signature) = <[u8; 32]>::try_from(signature) else { return false };
        self.mac(purpose, parts) == CtOutput::new(signature.into())
    }

    #[cfg(test)]
    pub(super) fn fixed(byte: u8) -> Self {
        Self([byte; 32])
    }

    fn mac(&self, purpose: &'static str, parts: &[&[u8]]) -> CtOutput<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            // Lengths first: otherwise "ab", "c" would be signed like "a", "bc".
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac.finalize()
    }
}

async fn read(ctx: &Context) -> Result<Secret, Failure> {
    let pool = ctx.pool(&SPEC);
    let new: [u8; 32] = rand::random();
    // Another node may have been a moment earlier: then its secret is the site's.
    sqlx::query!("insert into limits.secret (secret) values ($1) on conflict do nothing", &new)
        .execute(pool)
        .await?;
    let kept = sqlx::query_scalar!("select secret from limits.secret").fetch_one(pool).await?;
    kept.try_into().map(Secret).map_err(|_| Failure::internal("the site's secret has not 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_fits_what_was_signed() {
        let secret = Secret::fixed(7);
        let signature = secret.sign("notice", &[b"ab", b"c"]);
        assert!(secret.fits("notice", &[b"ab", b"c"], &signature));
        assert!(!secret.fits("notice", &[b"a", b"bc"], &signature), "other parts");
        assert!(!secret.fits("device", &[b"ab", b"c"], &signature), "another purpose");
        assert!(!Secret::fixed(8).fits("notice", &[b"ab", b"c"], &signature), "another site");
        assert!(!secret.fits("notice", &[b"ab", b"c"], &signature[..31]), "too short");
        assert!(!secret.fits("notice", &[b"ab", b"c"], &[]));
    }
}
