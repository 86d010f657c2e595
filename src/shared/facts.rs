//! Facts that a member tells of herself from closed lists: each may be left out, and none needs a reviewer.

pub mod keep;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The smallest height that may be told, in centimetres.
pub const HEIGHT_MIN: i32 = 120;
/// The greatest.
pub const HEIGHT_MAX: i32 = 220;

/// A closed list. What stands in it is in the order of pages, and never leaves it: journals name it.
pub trait Choice: Copy + Eq + 'static {
    const ALL: &'static [Self];

    /// As stored and as in JSON.
    fn code(self) -> &'static str;

    /// As a page says it.
    fn label(self) -> &'static str;

    /// From a form, a query or a table.
    fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.code() == code)
    }

    /// All of these that are in `codes`, each once and in the order of the list. None if one is not known.
    fn parse_all(codes: &[String]) -> Option<Vec<Self>> {
        let known: Option<Vec<Self>> = codes.iter().map(|code| Self::parse(code)).collect();
        known.map(|known| Self::ALL.iter().copied().filter(|one| known.contains(one)).collect())
    }
}

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $code:literal $label:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $(#[serde(rename = $code)] $variant,)+
        }

        impl Choice for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }
        }
    };
}

choices! {
    /// What a member hopes to find here.
    LookingFor {
        Friendship "friendship" "friendship",
        Love "love" "love",
        Partner "partner" "a partner for life",
        Writing "writing" "somebody to write to",
        Activities "activities" "company for activities",
    }
}

choices! {
    /// Whether she has children, and wants some or more.
    Children {
        Has "has" "has children",
        Wants "wants" "wants children",
        HasAndWants "hasAndWants" "has children and wants more",
        Neither "neither" "neither has nor wants children",
    }
}

choices! {
    /// Whether she smokes.
    Smoking {
        No "no" "does not smoke",
        Sometimes "sometimes" "smokes now and then",
        Yes "yes" "smokes",
    }
}

choices! {
    /// A language that she speaks: a code of ISO 639-1.
    Language {
        Swedish "sv" "Swedish",
        Norwegian "no" "Norwegian",
        Finnish "fi" "Finnish",
        Danish "da" "Danish",
        Icelandic "is" "Icelandic",
        Sami "se" "Northern Sámi",
        English "en" "English",
        Arabic "ar" "Arabic",
        Dutch "nl" "Dutch",
        Estonian "et" "Estonian",
        French "fr" "French",
        German "de" "German",
        Italian "it" "Italian",
        Kurdish "ku" "Kurdish",
        Latvian "lv" "Latvian",
        Lithuanian "lt" "Lithuanian",
        Persian "fa" "Persian",
        Polish "pl" "Polish",
        Portuguese "pt" "Portuguese",
        Russian "ru" "Russian",
        Somali "so" "Somali",
        Spanish "es" "Spanish",
        Thai "th" "Thai",
        Turkish "tr" "Turkish",
        Ukrainian "uk" "Ukrainian",
    }
}

impl Children {
    /// Whom a search for one of these finds: "has children" finds those, too, who want more.
    pub fn found_by(self) -> &'static [Self] {
        match self {
            Self::Has => &[Self::Has, Self::HasAndWants],
            Self::Wants => &[Self::Wants, Self::HasAndWants],
            Self::HasAndWants => &[Self::HasAndWants],
            Self::Neither => &[Self::Neither],
        }
    }
}

/// What a member tells of herself. What she would rather not say is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Facts {
    /// What she hopes to find here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub looking_for: Vec<LookingFor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<Children>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smoking: Option<Smoking>,
    /// Those that she speaks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Language>,
    /// In centimetres.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = HEIGHT_MIN, max = HEIGHT_MAX))]
    pub height: Option<i32>,
}

impl Facts {
    /// What both say. A height is nobody's in common.
    #[must_use]
    pub fn in_common(&self, other: &Self) -> Self {
        Self {
            looking_for: both(&self.looking_for, &other.looking_for),
            children: self.children.filter(|mine| other.children == Some(*mine)),
            smoking: self.smoking.filter(|mine| other.smoking == Some(*mine)),
            languages: both(&self.languages, &other.languages),
            height: None,
        }
    }
}

fn both<T: Choice>(mine: &[T], others: &[T]) -> Vec<T> {
    mine.iter().copied().filter(|one| others.contains(one)).collect()
}

/// As tables keep them.
pub fn codes<T: Choice>(choices: &[T]) -> Vec<&'static str> {
    choices.iter().map(|one| one.code()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn is_a_list<T: Choice + Serialize + std::fmt::Debug>() {
        let codes: BTreeSet<_> = T::ALL.iter().map(|one| one.code()).collect();
        assert_eq!(codes.len(), T::ALL.len());
        for one in T::ALL {
            assert_eq!(T::parse(one.code()), Some(*one));
            assert_eq!(serde_json::to_value(one).unwrap(), one.code());
        }
    }

    #[test]
    fn every_code_stands_for_one_choice() {
        is_a_list::<LookingFor>();
        is_a_list::<Children>();
        is_a_list::<Smoking>();
        is_a_list::<Language>();
        let codes = |codes: &[&str]| codes.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            Language::parse_all(&codes(&["en", "sv", "en"])),
            Some(vec![Language::Swedish, Language::English])
        );
        assert_eq!(Language::parse_all(&codes(&["en", "tlh"])), None);
    }

    #[test]
    fn in_common_is_what_both_say() {
        let mine = Facts {
            looking_for: vec![LookingFor::Love, LookingFor::Writing],
            smoking: Some(Smoking::No),
            languages: vec![Language::Swedish, Language::English],
            height: Some(180),
            ..Facts::default()
        };
        let hers = Facts { smoking: Some(Smoking::Yes), languages: vec![Language::English], ..mine.clone() };
        let common = mine.in_common(&hers);
        assert_eq!((common.looking_for, common.smoking), (mine.looking_for, None));
        assert_eq!((common.languages, common.height), (vec![Language::English], None));
    }
}
