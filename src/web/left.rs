//! What is left of an allowance, said before it is used up. Programs read it in `RateLimit`; a page says it in words once
//! a tenth is left.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::limits::{Allowance, in_words};

/// The allowance of this very request, if its action has one. The guard has put it there.
#[derive(Debug, Clone, Copy)]
pub struct Left(Option<Allowance>);

impl<S: Sync> FromRequestParts<S> for Left {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Allowance>().copied()))
    }
}

impl Left {
    /// A sentence, where little is left. `one` and `many` are what is counted: `flirt`, `flirts`.
    pub fn sentence(self, one: &str, many: &str) -> Option<String> {
        let Allowance { limit, left, resets_in, .. } = self.0?;
        let wait = in_words(resets_in);
        match left {
            0 => Some(format!("That was the last {one} for now. You can go on in {wait}.")),
            1 => Some(format!("You have 1 {one} left. There will be more in {wait}.")),
            left if left <= limit / 10 => {
                Some(format!("You have {left} {many} left. There will be more in {wait}."))
            }
            _ => None,
        }
    }

    /// The same behind something else that is said.
    pub fn after(self, said: impl Into<String>, one: &str, many: &str) -> String {
        let said = said.into();
        match self.sentence(one, many) {
            Some(sentence) => format!("{said} {sentence}"),
            None => said,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_is_said_while_there_is_something_left() {
        let left = |left| {
            let (resets_in, window) = (Duration::from_hours(3), Duration::from_hours(24));
            Left(Some(Allowance { name: "flirts", limit: 100, left, resets_in, window }))
        };
        let says = |count| left(count).sentence("flirt", "flirts");
        assert_eq!(says(11), None);
        assert_eq!(says(10).unwrap(), "You have 10 flirts left. There will be more in 3 hours.");
        assert_eq!(says(1).unwrap(), "You have 1 flirt left. There will be more in 3 hours.");
        assert_eq!(says(0).unwrap(), "That was the last flirt for now. You can go on in 3 hours.");
        assert_eq!(left(50).after("Sent.", "flirt", "flirts"), "Sent.");
        assert_eq!(Left(None).sentence("flirt", "flirts"), None);
    }
}
