//! The rules of text, each said once. Slices parse what is typed into one of these, at the edge.
//!
//! - [`read`]: what members read (messages, reasons). It shows something, and paints over nothing else.
//! - [`name`] and [`email`]: what is looked up or has to be unique. Who types it in another way finds the same;
//!   passwords ([`crate::shared::passwords::Password`]) likewise.
//!
//! No rule asks for bytes: [`properties`] asks Unicode's own tables.

pub mod email;
pub mod name;
pub mod properties;
pub mod read;

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

/// The text with every letter in one piece (NFC): `e` and an accent after it are `é`.
///
/// Some keyboards send the one and some the other, and nobody can see which.
pub fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// Two hexadecimal digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
