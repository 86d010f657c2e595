//! What members read: it shows something, it has a length that a person counts, and it keeps to its own lines.
//!
//! How many bytes it may have follows from how many characters: a character has a bound of its own, since Unicode
//! lets one go on for ever.

use unicode_segmentation::UnicodeSegmentation;

use super::properties::{is_mark, shows};
use crate::kernel::failure::Failure;
use crate::kernel::problem::Problem;

/// Marks on one character. A stack of Tibetan letters has 8, Hebrew with vowels and cantillation 5, Vietnamese 2.
pub const MARKS_MAX: usize = 8;
/// Bytes of one character. A family of four with a colour of skin each has 41, the longest flag 28.
pub const CHARACTER_BYTES_MAX: usize = 64;

/// What a text may be, and what it is refused for.
#[derive(Debug, Clone, Copy)]
pub struct ReadRules {
    /// Characters as people count them: an emoji of a family is one.
    pub characters: usize,
    /// Lines, the empty ones too.
    pub lines: usize,
    /// It shows nothing.
    pub blank: Problem,
    /// It has too many characters.
    pub long: Problem,
    /// It has too many lines.
    pub tall: Problem,
    /// One of its characters has too many marks or bytes.
    pub marks: Problem,
}

/// A checked text: line breaks are line feeds, no two lines on end are blank, and nothing blank is around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadText(String);

impl ReadRules {
    /// All that a text is refused for.
    pub const fn problems(self) -> [Problem; 4] {
        [self.blank, self.long, self.tall, self.marks]
    }

    /// Bytes of the longest text that is allowed.
    pub const fn bytes(self) -> usize {
        self.characters * CHARACTER_BYTES_MAX
    }

    /// Checks what was typed into a field. A refusal names the field.
    ///
    /// # Errors
    /// 422 if the text breaks a rule: the error names the field and the rule.
    pub fn parse(self, field: &str, typed: &str) -> Result<ReadText, Failure> {
        let text = tidied(typed);
        if !text.chars().any(shows) {
            return Err(self.blank.at(field));
        }
        let count = text.graphemes(true).count();
        if count > self.characters {
            return Err(counted(self.long, count, self.characters, "characters").at(field));
        }
        let lines = text.split('\n').count();
        if lines > self.lines {
            return Err(counted(self.tall, lines, self.lines, "lines").at(field));
        }
        if text.graphemes(true).any(is_overloaded) {
            return Err(self.marks.at(field));
        }
        Ok(ReadText(text))
    }
}

impl ReadText {
    pub fn into_inner(self) -> String {
        self.0
    }
}

/// The refusal's own sentence, and the numbers of this case.
fn counted(problem: Problem, count: usize, most: usize, of: &str) -> Failure {
    problem.saying(format!("{} It has {count} {of}, and may have {most}.", problem.says))
}

/// One kind of line break, one blank line at a time, no control characters, nothing blank around it.
fn tidied(typed: &str) -> String {
    let mut text = String::with_capacity(typed.len());
    let mut was_blank = false;
    for line in typed.replace("\r\n", "\n").split(breaks_a_line) {
        let is_blank = !line.chars().any(shows);
        if is_blank && was_blank {
            continue;
        }
        was_blank = is_blank;
        if !is_blank {
            text.extend(line.chars().filter(|c| *c == '\t' || !c.is_control()));
        }
        text.push('\n');
    }
    // What joins or styles an emoji is no white space, so it stays.
    text.trim().to_owned()
}

/// Where browsers begin a new line (UAX 14, classes BK, CR, LF and NL).
fn breaks_a_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_overloaded(character: &str) -> bool {
    character.len() > CHARACTER_BYTES_MAX || character.chars().filter(|c| is_mark(*c)).count() > MARKS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: ReadRules = ReadRules {
        characters: 2000,
        lines: 100,
        blank: Problem::field("a.blank", "Write something first."),
        long: Problem::field("a.long", "Too long."),
        tall: Problem::field("a.tall", "Too tall."),
        marks: Problem::field("a.marks", "Too many marks."),
    };
    /// Seven code points and 25 bytes, and one character to who looks at it.
    const FAMILY: &str = "👨‍👩‍👧‍👦";

    fn refused(text: &str) -> Option<String> {
        RULES.parse("text", text).err().map(|failure| failure.refused()[0].detail.to_string())
    }

    fn kept(text: &str) -> String {
        RULES.parse("text", text).unwrap().into_inner()
    }

    #[test]
    fn characters_are_counted_as_people_do() {
        assert_eq!(refused(&FAMILY.repeat(RULES.characters)), None);
        assert_eq!(
            refused(&FAMILY.repeat(RULES.characters + 1)),
            Some("Too long. It has 2001 characters, and may have 2000.".into())
        );
        assert_eq!(refused(&"e\u{301}".repeat(RULES.characters)), None);
    }

    #[test]
    fn nothing_to_see_is_nothing_said() {
        let alone = [
            "\u{34f}",
            "\u{115f}\u{1160}",
            "\u{17b4}",
            "\u{180b}",
            "\u{e0020}\u{e007f}",
            "\u{e0100}",
            "\u{fff9}",
        ];
        let mixed = [
            "",
            " ",
            "\n\r\n\t",
            "\u{200b}\u{200d}",
            "\u{2800}\u{3164}",
            " \u{1d173}\u{34f}\n\u{e0100}",
            "\u{301}",
        ];
        for blank in alone.iter().chain(&mixed) {
            assert_eq!(refused(blank), Some("Write something first.".into()), "{blank:?}");
        }
        assert_eq!(refused(" . "), None);
    }

    #[test]
    fn what_emoji_and_scripts_are_made_of_lives() {
        let texts = [
            FAMILY,
            "❤️",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
            "🇸🇪",
            "1️⃣",
            "👩🏻‍❤️‍💋‍👩🏿",
            "👨🏿‍👩🏿‍👧🏿‍👦🏿",
            "می‌خواهم",
            "བསྒྲུབས་ ཧྐྵྨླྺྼྻྂ",
            "בְּרֵאשִׁ֖ית בָּרָ֣א",
            "Vie\u{302}\u{323}t ươ\u{301}t",
            "कार्त्स्न्य",
            "ที่นี่ ผู้ใหญ่",
        ];
        for text in texts {
            assert_eq!(kept(text), text);
        }
    }

    #[test]
    fn a_character_carries_so_much_and_no_more() {
        let marked = |marks: usize| format!("a{}", "\u{301}".repeat(marks));
        assert_eq!(refused(&marked(MARKS_MAX)), None);
        let endless = [
            marked(MARKS_MAX + 1),
            marked(400),
            format!("so {} it is", marked(9)),
            // An ignorable mark in between hides nothing.
            format!("a{}", "\u{301}\u{34f}".repeat(9)),
            format!("a{}", "\u{20dd}".repeat(9)),
            // One character without any marks: joiners, and a syllable without an end.
            format!("a{}", "\u{200d}".repeat(100)),
            "\u{1100}".repeat(100),
            format!("🏴{}", "\u{e0061}".repeat(100)),
        ];
        for text in &endless {
            assert_eq!(refused(text), Some("Too many marks.".into()), "{text:?}");
        }
    }

    #[test]
    fn line_breaks_of_every_kind_are_line_feeds() {
        assert_eq!(kept("\r\n one\r\ntwo\rthree \n"), "one\ntwo\nthree");
        assert_eq!(kept("1\u{b}2\u{c}3\u{85}4\u{2028}5\u{2029}6"), "1\n2\n3\n4\n5\n6");
    }

    #[test]
    fn blank_lines_do_not_pile_up() {
        assert_eq!(kept(&format!("a{}b", "\n".repeat(1998))), "a\n\nb");
        assert_eq!(kept("a\n \n\u{200b}\n\u{2800}\nb"), "a\n\nb");
        assert_eq!(kept("a\n\nb\n\nc"), "a\n\nb\n\nc");
        assert_eq!(kept("\u{200b}\n\na"), "a");
        assert_eq!(refused(&"a\n".repeat(RULES.lines)), None);
        let tall = "a\u{2028}".repeat(RULES.lines + 1);
        assert_eq!(refused(&tall), Some("Too tall. It has 101 lines, and may have 100.".into()));
    }

    #[test]
    fn control_characters_are_left_out() {
        assert_eq!(kept("a\u{1b}[31m\u{7}b\tc"), "a[31mb\tc");
    }

    #[test]
    fn bytes_follow_from_characters() {
        assert!(FAMILY.repeat(RULES.characters).len() <= RULES.bytes());
        let longest = "👨🏿‍👩🏿‍👧🏿‍👦🏿".repeat(RULES.characters);
        assert!(kept(&longest).len() <= RULES.bytes());
    }
}
