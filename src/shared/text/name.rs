//! Names that are looked up, and what a name looks like to who reads it quickly.

use unicode_security::confusable_detection::skeleton;

use super::composed;
use super::properties::is_mark;

/// Digits that are read as letters. Unicode's table has 0 and 1 already.
const DIGITS: [(char, &str); 4] = [('3', "e"), ('4', "a"), ('5', "s"), ('7', "t")];
/// Pairs that are read as one letter. Unicode's table has `rn` already.
const PAIRS: [(&str, &str); 2] = [("vv", "w"), ("cl", "d")];

/// A name as it is kept and looked up, whichever way it was typed. Upper and lower case are alike where it is compared.
pub fn kept(typed: &str) -> String {
    composed(typed.trim()).into_owned()
}

/// True where a reader may take a name for the other one: whatever the case, marks, and what stands between letters;
/// with digits in place of letters or behind them; with letters that look like others (Unicode's own table, UTS 39).
pub fn looks_like(name: &str, other: &str) -> bool {
    let wanted = look(other);
    let begin = name.trim_end_matches(|c: char| !c.is_alphabetic());
    look(name) == wanted || look(begin) == wanted
}

/// True where a reader may see the other name within this one.
pub fn looks_to_contain(name: &str, other: &str) -> bool {
    look(name).contains(&look(other))
}

/// The same for names that look alike. It is for comparing: nobody is shown it.
fn look(name: &str) -> String {
    // First upper case, where `I` is `l` in the table; then lower case, where `O` and `o` are one.
    let prototype: String = skeleton(&name.to_uppercase()).collect();
    let mut look: String = skeleton(&prototype.to_lowercase()).filter(|c| !is_mark(*c)).collect();
    for (digit, letter) in DIGITS {
        look = look.replace(digit, letter);
    }
    look.retain(char::is_alphanumeric);
    for (pair, letter) in PAIRS {
        look = look.replace(pair, letter);
    }
    look
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_whichever_way_they_are_typed() {
        assert_eq!(kept(" A\u{30a}sa "), "Åsa");
        assert_eq!(kept("\u{212b}sa"), "Åsa");
    }

    #[test]
    fn what_reads_as_a_name_looks_like_it() {
        let alike = [
            ("support", "Support_"),
            ("support", "s-u-p-p-o-r-t"),
            ("support", "5upp0r7"),
            ("support", "Süpport"),
            ("support", "support24"),
            ("admin", "ADMlN"),
            ("admin", "Adm1n"),
            ("admin", "4dmin"),
            ("admin", "aclmin"),
            ("admin", "аdmіn"),
            ("admin", "ådmin-1"),
            ("moderator", "Moderator_"),
            ("moderator", "moderat0r"),
            ("moderator", "rnoderator"),
            ("moderator", "mødérätor"),
            ("happypancake", "Happy_Pancake"),
            ("happypancake", "hаppypаncаke"),
            ("happypancake", "ｈａｐｐｙｐａｎｃａｋｅ"),
            ("reviewer", "revievver"),
            ("reviewer", "REVlEWER"),
        ];
        for (name, other) in alike {
            assert!(looks_like(other, name), "{other}: {} {}", look(other), look(name));
        }
    }

    #[test]
    fn other_names_do_not() {
        for (name, other) in
            [("admin", "badminton"), ("support", "supporter"), ("pancake", "pannkaka"), ("admin", "adam")]
        {
            assert!(!looks_like(other, name), "{other}");
        }
    }

    #[test]
    fn a_name_is_seen_within_another() {
        assert!(looks_to_contain("the-HappyPancak3-team", "happypancake"));
        assert!(!looks_to_contain("happy-cake", "happypancake"));
    }
}
