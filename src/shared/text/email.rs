//! E-mail addresses, so that one mailbox is one address: composed, and the host as the name system writes it.
//!
//! What cannot be an address is refused, and what only looks like another: invisible and turning characters, letters
//! of another width. Whether mail arrives is for mail to find out.

use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::composed;
use super::properties::{is_ignorable, is_mark};

/// Bytes of an address, and of what stands before the `@` (RFC 5321).
pub const EMAIL_MAX: usize = 254;
const MAILBOX_MAX: usize = 64;

/// A checked address. Upper and lower case are alike where it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// None for what cannot be one.
    pub fn parse(typed: &str) -> Option<Self> {
        let text = composed(typed.trim());
        // Ligatures, and letters of another width: nobody's keyboard writes an address with them.
        let plain = ComposingNormalizerBorrowed::new_nfkc().is_normalized(&text);
        let (mailbox, host) = text.split_once('@').filter(|_| plain)?;
        let address = format!("{}@{}", checked(mailbox)?, hosted(host)?);
        (address.len() <= EMAIL_MAX).then_some(Self(address))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Words with a dot between two of them (RFC 5321, dot-string; RFC 6531 for letters beyond ASCII). Nobody's address is
/// in quotes.
fn checked(mailbox: &str) -> Option<&str> {
    let fits = mailbox.len() <= MAILBOX_MAX
        && mailbox.split('.').all(|word| !word.is_empty() && word.chars().all(in_a_word));
    fits.then_some(mailbox)
}

fn in_a_word(c: char) -> bool {
    let letter = (c.is_alphanumeric() || is_mark(c)) && !is_ignorable(c);
    letter || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

/// The host's name in ASCII: `Bücher.example` and `xn--bcher-kva.example` are one. It has two labels or more, and is
/// no number.
fn hosted(host: &str) -> Option<String> {
    // The mapping would drop these, and two addresses that are shown alike would be one and not the other.
    if host.chars().any(is_ignorable) {
        return None;
    }
    let ascii = Uts46::new().to_ascii(
        host.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
        DnsLength::Verify,
    );
    let ascii = ascii.ok()?;
    let (_, last) = ascii.rsplit_once('.')?;
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
    (!is_number).then(|| ascii.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(typed: &str) -> Option<String> {
        Email::parse(typed).map(|email| email.to_string())
    }

    #[test]
    fn one_mailbox_is_one_address() {
        for typed in [
            "bob@bücher.example",
            " bob@Bu\u{308}cher.Example ",
            "bob@XN--BCHER-KVA.example",
            "bob@bücher。example",
        ] {
            assert_eq!(kept(typed).as_deref(), Some("bob@xn--bcher-kva.example"), "{typed}");
        }
        assert_eq!(kept("A\u{30a}sa@example.org"), kept("Åsa@EXAMPLE.org"));
        for good in
            ["bob+fika@example.org", "o'neil@example.co.uk", "åsa.öberg@example.org", "x_y-z@a.b.c.example"]
        {
            assert_eq!(kept(good).as_deref(), Some(good));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let odd = [
            "",
            "bob",
            "bob@",
            "@example.org",
            "bob@example",
            "b b@example.org",
            "a@b@example.org",
            "a..b@example.org",
            ".bob@example.org",
            "bob.@example.org",
            "x@y..org",
            "x@.org",
            "x@y.org.",
            "x@y.",
            "x@-y.org",
            "x@y-.org",
            "x@127.0.0.1",
            "x@[127.0.0.1]",
            "x@y_z.org",
            "x@xn--a.org",
            "\"a b\"@example.org",
            "bob@exa mple.org",
            "bob\u{200b}@example.org",
            "bob@exam\u{200d}ple.org",
            "bob@ex\u{ad}ample.org",
            "\u{202e}bob@example.org",
            "bob@\u{2066}example.org",
            "bob\u{7}@example.org",
            "bob\u{a0}x@example.org",
            "ｂｏｂ@example.org",
            "bob@ｅｘａｍｐｌｅ.org",
            "bob＠example.org",
            "ﬁa@example.org",
            "b\u{115f}ob@example.org",
            "b👪@example.org",
        ];
        for typed in odd {
            assert_eq!(kept(typed), None, "{typed:?}");
        }
        let long =
            |mailbox: usize, label: usize| format!("{}@{}.org", "x".repeat(mailbox), "y".repeat(label));
        assert!(kept(&long(64, 63)).is_some());
        assert!(kept(&long(65, 63)).is_none() && kept(&long(64, 64)).is_none());
        let host = ["y".repeat(63), "y".repeat(63), "y".repeat(63)].join(".");
        assert!(kept(&format!("{}@{host}.org", "x".repeat(64))).is_none());
    }
}
