//! What the lines of a file say: their texts were never published, so these are ours.

/// What people write, and what a site may stumble over: letters of all kinds, links, quotes, markup, emoji of
/// many parts, other directions. Nothing ends in white space, which a site may cut off.
const PIECES: [&str; 16] = [
    "Hej! Hur mår du idag?",
    "Skål på dig, Åsa Öberg från Övre Ärås 🥂",
    "have a look: https://example.org/fika?where=Malmö&when=18:00#map",
    "<b>bold</b> & <script>alert('no')</script> &amp; &lt;",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 😀",
    "\"quoted\", 'quoted', `quoted` and \\back\\slashed",
    "Kommer du på lördag?",
    "{{ shell.title }} {% if x %} $1 %s %00 ; drop table message; --",
    "jag vet inte…",
    "one line\nand another",
    "שלום and مرحبا",
    "haha",
    "Ring mig: +46 70 123 45 67, eller skriv till nancy@example.org",
    "data: nothing\nevent: nothing",
    "null",
    "ÆØÅ æøå ß ŋ ı",
];
/// Pieces of the longest text.
const PIECES_MAX: usize = 12;

/// The text of a line: no two are equal, and the same line always has the same.
pub(super) fn text(line: usize) -> String {
    // Steps without a common factor with the counts, so that neighbours differ in length and words.
    let count = line * 7 % (PIECES_MAX + 1);
    let pieces = (0..count).map(|step| PIECES[(line * 5 + step * 3) % PIECES.len()]);
    std::iter::once(format!("{line}")).chain(pieces.map(str::to_owned)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn texts_are_unique_and_of_many_lengths() {
        let texts: Vec<String> = (1..=2000).map(text).collect();
        assert_eq!(texts.iter().collect::<HashSet<_>>().len(), 2000);
        let lengths: HashSet<usize> = texts.iter().map(|text| text.chars().count()).collect();
        assert!(lengths.len() > 50, "{}", lengths.len());
        let longest = lengths.iter().max().copied().unwrap_or_default();
        assert!((200..600).contains(&longest), "{longest}");
        assert!(texts.iter().all(|text| text.trim() == text));
        for piece in PIECES {
            assert!(texts.iter().any(|text| text.contains(piece)), "{piece}");
        }
    }
}
