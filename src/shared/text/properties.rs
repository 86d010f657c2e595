//! What Unicode says of a character: whether anything of it shows, and whether it stands on another one.

use icu_properties::props::{DefaultIgnorableCodePoint, ExtendedPictographic, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Characters that Unicode counts as letters or symbols, and that are drawn as nothing: the Braille cell without
/// dots, the null notehead, two blank hieroglyphs, and what stands where an object was left out.
const DRAWN_AS_NOTHING: [char; 5] = ['\u{2800}', '\u{1d159}', '\u{13441}', '\u{13442}', '\u{fffc}'];

/// True for a character of which a reader sees something. A mark needs another character to stand on, so it alone
/// shows nothing.
pub fn shows(c: char) -> bool {
    if is_ignorable(c) || DRAWN_AS_NOTHING.contains(&c) {
        return false;
    }
    match category(c) {
        GeneralCategory::Control
        | GeneralCategory::Format
        | GeneralCategory::Surrogate
        | GeneralCategory::SpaceSeparator
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::NonspacingMark
        | GeneralCategory::EnclosingMark => false,
        // Unicode reserves the places of emoji to come: the reader's telephone may know them before we do.
        GeneralCategory::Unassigned | GeneralCategory::PrivateUse => {
            CodePointSetData::new::<ExtendedPictographic>().contains(c)
        }
        _ => true,
    }
}

/// True for what is drawn on the character before it: an accent, a vowel sign, a ring around it. What Unicode calls
/// ignorable (a joiner, the style of an emoji) draws nothing.
pub fn is_mark(c: char) -> bool {
    let stacked = matches!(category(c), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark);
    stacked && !is_ignorable(c)
}

/// True for what nobody sees unless it changes its neighbours: joiners, fillers, selectors, tags.
pub fn is_ignorable(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// True for spaces of every width.
pub fn is_space(c: char) -> bool {
    category(c) == GeneralCategory::SpaceSeparator
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_does_not_show() {
        let named = [
            '\u{34f}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{17b5}',
            '\u{180b}',
            '\u{180e}',
            '\u{e0020}',
            '\u{e0100}',
            '\u{fff9}',
            '\u{fffa}',
            '\u{fffb}',
            '\u{1d173}',
            '\u{200b}',
            '\u{2060}',
            '\u{2800}',
            '\u{3000}',
            '\u{3164}',
            '\u{ffa0}',
            '\u{feff}',
            '\u{ad}',
            '\u{61c}',
            '\u{202e}',
            '\u{2065}',
            '\u{fff0}',
            '\u{e000}',
            '\u{1d159}',
            '\u{13441}',
            '\u{16fe4}',
            '\u{85}',
            '\u{7f}',
            '\u{2028}',
            '\u{301}',
            '\u{20dd}',
            '\u{fe0f}',
            '\t',
            ' ',
        ];
        for c in named {
            assert!(!shows(c), "{:?}", c.escape_unicode().to_string());
        }
    }

    #[test]
    fn letters_signs_and_emoji_show() {
        // A Devanagari vowel sign stands beside its letter; U+1FAFF is an emoji that is not there yet.
        for c in "aÅß漢가ي1.´€♥👪🏳🇸﷽\u{93e}\u{1faff}\u{fffd}".chars() {
            assert!(shows(c), "{c}");
        }
    }

    #[test]
    fn marks_are_drawn_and_joiners_are_not() {
        for c in ['\u{301}', '\u{5b4}', '\u{f90}', '\u{20dd}', '\u{489}'] {
            assert!(is_mark(c), "{:?}", c.escape_unicode().to_string());
        }
        for c in ['\u{34f}', '\u{fe0f}', '\u{200d}', 'a', '\u{93e}'] {
            assert!(!is_mark(c), "{:?}", c.escape_unicode().to_string());
        }
    }
}
