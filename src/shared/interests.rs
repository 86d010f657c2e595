//! What members like to do: a list that begins here, in groups. Its ids never change, since journals name them.

pub mod keep;

use std::borrow::Borrow;

use icu_normalizer::DecomposingNormalizerBorrowed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::properties::is_mark;

/// An interest: its name as [`folded`] when it came to the list.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, sqlx::Type,
)]
#[serde(transparent)]
#[schemars(inline)]
#[sqlx(transparent)]
pub struct InterestId(pub String);

impl Borrow<str> for InterestId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Interests that pages show together.
#[derive(Debug)]
pub struct Group {
    pub label: &'static str,
    /// Ids and names.
    pub interests: &'static [(&'static str, &'static str)],
}

/// The list.
pub static GROUPS: [Group; 8] = [
    Group {
        label: "Outdoors",
        interests: &[
            ("camping", "Camping"),
            ("fishing", "Fishing"),
            ("gardening", "Gardening"),
            ("hiking", "Hiking"),
            ("hunting", "Hunting"),
            ("mushrooms-and-berries", "Mushrooms and berries"),
            ("sailing", "Sailing"),
            ("winter-bathing", "Winter bathing"),
        ],
    },
    Group {
        label: "Sport",
        interests: &[
            ("climbing", "Climbing"),
            ("cycling", "Cycling"),
            ("football", "Football"),
            ("golf", "Golf"),
            ("ice-hockey", "Ice hockey"),
            ("running", "Running"),
            ("skating", "Skating"),
            ("skiing", "Skiing"),
            ("swimming", "Swimming"),
            ("training", "Training"),
            ("yoga", "Yoga"),
        ],
    },
    Group {
        label: "Food and drink",
        interests: &[
            ("baking", "Baking"),
            ("barbecue", "Barbecue"),
            ("beer", "Beer"),
            ("coffee", "Coffee"),
            ("cooking", "Cooking"),
            ("eating-out", "Eating out"),
            ("vegetarian-food", "Vegetarian food"),
            ("wine", "Wine"),
        ],
    },
    Group {
        label: "Music and dance",
        interests: &[
            ("choir", "Choir"),
            ("concerts", "Concerts"),
            ("dancing", "Dancing"),
            ("festivals", "Festivals"),
            ("opera", "Opera"),
            ("playing-an-instrument", "Playing an instrument"),
            ("records", "Records"),
        ],
    },
    Group {
        label: "Culture",
        interests: &[
            ("art", "Art"),
            ("books", "Books"),
            ("films", "Films"),
            ("history", "History"),
            ("museums", "Museums"),
            ("series", "Series"),
            ("theatre", "Theatre"),
            ("writing", "Writing"),
        ],
    },
    Group {
        label: "Making things",
        interests: &[
            ("drawing-and-painting", "Drawing and painting"),
            ("interior-design", "Interior design"),
            ("knitting-and-sewing", "Knitting and sewing"),
            ("photography", "Photography"),
            ("pottery", "Pottery"),
            ("programming", "Programming"),
            ("repairing", "Repairing"),
            ("woodwork", "Woodwork"),
        ],
    },
    Group {
        label: "Games",
        interests: &[
            ("board-games", "Board games"),
            ("card-games", "Card games"),
            ("chess", "Chess"),
            ("quizzes", "Quizzes"),
            ("role-playing", "Role-playing"),
            ("video-games", "Video games"),
        ],
    },
    Group {
        label: "The world",
        interests: &[
            ("animals", "Animals"),
            ("cars-and-motorcycles", "Cars and motorcycles"),
            ("dogs", "Dogs"),
            ("horses", "Horses"),
            ("languages", "Languages"),
            ("politics", "Politics"),
            ("science", "Science"),
            ("travel", "Travel"),
            ("volunteering", "Volunteering"),
        ],
    },
];

/// The name of an interest, if the list has it.
pub fn name(id: &str) -> Option<&'static str> {
    let mut all = GROUPS.iter().flat_map(|group| group.interests);
    all.find(|(known, _)| *known == id).map(|(_, name)| *name)
}

/// The same for names that are the same whatever their case, accents, blanks and hyphens.
pub fn folded(name: &str) -> String {
    let letters = DecomposingNormalizerBorrowed::new_nfkd().normalize(name);
    let plain = letters.chars().filter(|c| !is_mark(*c)).collect::<String>().to_lowercase();
    let words = plain.split(|c: char| c.is_whitespace() || c == '-').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_id_is_the_folded_name() {
        let all = || GROUPS.iter().flat_map(|group| group.interests);
        for (id, name) in all() {
            assert_eq!(*id, folded(name));
            assert_eq!(super::name(id), Some(*name));
        }
        assert_eq!(all().map(|(id, _)| id).collect::<BTreeSet<_>>().len(), all().count());
        assert_eq!(name("stamps"), None);
    }

    #[test]
    fn names_are_alike_whatever_case_accents_and_blanks() {
        for name in ["board games", "BOARD-GAMES", " Board \u{a0} games ", "Bo\u{e5}rd g\u{c1}mes"] {
            assert_eq!(folded(name), "board-games", "{name}");
        }
        assert_ne!(folded("C++"), folded("C"));
    }
}
