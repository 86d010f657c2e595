//! How hard a password is to guess: in pieces, as who guesses would take it apart.
//!
//! A letter of its own is a piece, and so is a whole common word, a word of the member's own, a run (`1234`, `qwer`, `aaaa`),
//! a year, and the same again. `password12` has three pieces, and `summer2024!` too. It is a rough measure, and says no only
//! where a guesser would be through soon. `static/password.js` counts in the same way while she types, without the words.

/// Pieces of a password that is good enough.
pub(super) const PIECES_MIN: usize = 6;
/// Characters of a run that is one.
const RUN_MIN: usize = 3;
/// What lies side by side on keyboards, and in the alphabet.
const ROWS: [&str; 5] =
    ["abcdefghijklmnopqrstuvwxyz", "12345678901234567890", "qwertyuiopå", "asdfghjklöä", "zxcvbnm"];
/// Words that guessers try first, in lower case without accents. Made for this site: words of its members' languages and
/// of lists that everybody knows.
const COMMON: &str = include_str!("common.txt");
/// This site's own: everybody would think of them here.
const OF_SITE: [&str; 3] = ["happypancake", "happy", "pancake"];

/// Counts the pieces. `own` are words that others know of her.
pub(super) fn pieces(password: &str, own: &[&str]) -> usize {
    let text: Vec<char> = password.chars().flat_map(plain).collect();
    let words = words(own);
    let (mut at, mut pieces, mut before) = (0, 0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let again = repeats(&text[before..at], rest);
        let longest = [again, word(rest, &words), run(rest), year(rest), 1].into_iter().max().unwrap_or(1);
        // Blanks separate: they are easily guessed.
        pieces += usize::from(!rest[0].is_whitespace() || longest > 1);
        (before, at) = (at, at + longest);
    }
    pieces
}

/// Her own words, and the parts of them.
fn words(own: &[&str]) -> Vec<Vec<char>> {
    let parts = own.iter().flat_map(|word| word.split(|letter: char| !letter.is_alphanumeric()));
    let own = own.iter().copied().chain(parts);
    let all = own.chain(OF_SITE).chain(COMMON.lines());
    let plain = all.map(|word| word.chars().flat_map(plain).collect::<Vec<_>>());
    plain.filter(|word| word.len() >= RUN_MIN).collect()
}

/// As guessers fold: case, and digits that stand for letters.
fn plain(letter: char) -> impl Iterator<Item = char> {
    letter.to_lowercase().map(|letter| match letter {
        '@' => 'a',
        '$' => 's',
        'é' => 'e',
        other => other,
    })
}

/// How much of the text the longest of these words takes. A digit may stand for a letter.
fn word(text: &[char], words: &[Vec<char>]) -> usize {
    let fits = |word: &&Vec<char>| {
        word.len() <= text.len() && word.iter().zip(text).all(|(letter, typed)| is_meant(*letter, *typed))
    };
    words.iter().filter(fits).map(Vec::len).max().unwrap_or(0)
}

fn is_meant(letter: char, typed: char) -> bool {
    let stands_for = match typed {
        '0' | 'ö' => "o",
        '1' | '!' => "il",
        '3' => "e",
        '4' | 'å' | 'ä' => "a",
        '5' => "s",
        '7' => "t",
        _ => "",
    };
    letter == typed || stands_for.contains(letter)
}

/// How far it goes on as it began: the same character, or the next on a row, in one direction.
fn run(text: &[char]) -> usize {
    let same = text.iter().take_while(|letter| **letter == text[0]).count();
    let along = |row: &[char]| {
        let starts = row.windows(RUN_MIN).enumerate().filter(|(_, part)| text.starts_with(part));
        starts.map(|(at, _)| row[at..].iter().zip(text).take_while(|(a, b)| a == b).count()).max()
    };
    let rows = ROWS.iter().flat_map(|row| {
        let row: Vec<char> = row.chars().collect();
        let back: Vec<char> = row.iter().rev().copied().collect();
        [along(&row), along(&back)]
    });
    let longest = rows.flatten().chain([same]).max().unwrap_or(0);
    if longest >= RUN_MIN { longest } else { 0 }
}

/// 1900 to 2099.
fn year(text: &[char]) -> usize {
    let is_year = text.len() >= 4
        && matches!((text[0], text[1]), ('1', '9') | ('2', '0'))
        && text[2..4].iter().all(char::is_ascii_digit);
    if is_year { 4 } else { 0 }
}

/// How much of the text is the piece before it, once more or several times.
fn repeats(before: &[char], text: &[char]) -> usize {
    if before.is_empty() {
        return 0;
    }
    text.chunks_exact(before.len()).take_while(|part| *part == before).count() * before.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_guessers_try_first_has_few_pieces() {
        let own = ["wilhelmina", "wilma.berg@mail.example.org"];
        for (password, most) in [
            ("1234567890", 1),
            ("0987654321", 1),
            ("password12", 3),
            ("P@ssw0rd12", 3),
            ("          ", 1),
            ("aaaaaaaaaa", 1),
            ("abcabcabcabc", 2),
            ("qwertyuiop", 1),
            ("qwerty123456", 2),
            ("lösenord123", 2),
            ("Sommar2024!", 3),
            ("iloveyou1990", 2),
            ("happypancake", 1),
            ("Wilhelmina1", 2),
            ("wilma.berg@mail.example.org", 1),
            ("wilmabergmail", 3),
            ("pancake pancake", 2),
        ] {
            let counted = pieces(password, &own);
            assert!(counted <= most && counted < PIECES_MIN, "{password}: {counted}");
        }
    }

    #[test]
    fn words_that_only_she_puts_together_are_good_enough() {
        for password in [
            "eight pancakes",
            "another long one",
            "a long enough one",
            "åtta pannkakor",
            "x7#kQ9!mZp",
            "中文密码很安全",
        ] {
            assert!(pieces(password, &["maja"]) >= PIECES_MIN, "{password}: {}", pieces(password, &["maja"]));
        }
    }

    #[test]
    fn the_list_is_as_the_code_reads_it() {
        let words: Vec<&str> = COMMON.lines().collect();
        assert!(words.len() > 200 && words.is_sorted(), "{}", words.len());
        assert!(
            words
                .iter()
                .all(|word| word.len() >= RUN_MIN && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        );
    }
}
