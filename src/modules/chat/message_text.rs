//! What a message may say: something, and not more than 2,000 characters as people count them.

use unicode_segmentation::UnicodeSegmentation;

use crate::failure::Failure;
use crate::problem::Problem;

/// Characters as people count them: an emoji of a family is one.
pub(super) const GRAPHEMES_MAX: usize = 2000;

pub(super) const BLANK: Problem = Problem::field("chat.text-blank", "Write something first.");
pub(super) const LONG: Problem =
    Problem::field("chat.text-long", "A message has at most 2,000 characters. Shorten it, or send two.");

/// A checked text: line breaks are line feeds, and nothing blank is around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MessageText(String);

impl MessageText {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        // Forms send line breaks in two characters.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim_matches(char::is_whitespace);
        if text.chars().all(is_invisible) {
            return Err(BLANK.at("text"));
        }
        let count = text.graphemes(true).count();
        if count > GRAPHEMES_MAX {
            let detail =
                format!("A message has at most {GRAPHEMES_MAX} characters, and this one has {count}.");
            return Err(LONG.saying(detail).at("text"));
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn into_inner(self) -> String {
        self.0
    }
}

/// Nothing of it shows, so a message of nothing else is blank.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<String> {
        MessageText::parse(text).err().map(|failure| failure.refused()[0].detail.to_string())
    }

    #[test]
    fn characters_are_counted_as_people_do() {
        // Seven code points and 25 bytes, and one character to whoever looks at it.
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(refused(&family.repeat(GRAPHEMES_MAX)), None);
        assert!(refused(&family.repeat(GRAPHEMES_MAX + 1)).is_some_and(|text| text.contains("2001")));
        assert_eq!(refused(&"e\u{301}".repeat(GRAPHEMES_MAX)), None);
    }

    #[test]
    fn nothing_to_see_is_nothing_said() {
        for blank in ["", " ", "\n\r\n\t", "\u{200b}\u{200d}", "\u{2800}\u{3164}"] {
            assert!(refused(blank).is_some(), "{blank:?}");
        }
        assert_eq!(refused(" . "), None);
    }

    #[test]
    fn line_breaks_are_one_character() {
        let text = MessageText::parse("\r\n one\r\ntwo\rthree \n").unwrap();
        assert_eq!(text.into_inner(), "one\ntwo\nthree");
        let lines = "a\r\n".repeat(GRAPHEMES_MAX / 2);
        assert_eq!(refused(&lines), None);
    }
}
