//! Counties and towns of Sweden, Norway and Finland, from `places.toml`. No coordinates: nobody is found by distance.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A county with its towns. Ids are lower case and unique over both.
#[derive(Debug, Clone, Deserialize)]
pub struct County {
    pub id: String,
    pub label: String,
    pub country: String,
    pub towns: Vec<Town>,
}

/// A town.
#[derive(Debug, Clone, Deserialize)]
pub struct Town {
    pub id: String,
    pub label: String,
}

#[derive(Deserialize)]
struct Places {
    county: Vec<County>,
}

/// What an id stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    County,
    Town,
}

static PLACES: LazyLock<Vec<County>> = LazyLock::new(|| {
    let places: Places = toml::from_str(include_str!("../../places.toml")).unwrap_or_else(|error| {
        unreachable!("a test reads places.toml: {error}");
    });
    places.county
});

static LABELS: LazyLock<BTreeMap<&'static str, (Kind, String)>> = LazyLock::new(|| {
    let mut labels = BTreeMap::new();
    for county in PLACES.iter() {
        labels.insert(county.id.as_str(), (Kind::County, county.label.clone()));
        for town in &county.towns {
            labels.insert(town.id.as_str(), (Kind::Town, format!("{}, {}", town.label, county.label)));
        }
    }
    labels
});

/// All counties, in the order of the file.
pub fn counties() -> &'static [County] {
    &PLACES
}

/// Whether an id is a county or a town, if it is known at all.
pub fn kind(id: &str) -> Option<Kind> {
    LABELS.get(id).map(|(kind, _)| *kind)
}

/// The county that a town is in.
pub fn county_of(town: &str) -> Option<&'static str> {
    let has = |county: &&County| county.towns.iter().any(|known| known.id == town);
    counties().iter().find(has).map(|county| county.id.as_str())
}

/// `Uppsala, Uppsala county`. An id that is no longer known is shown as it is.
pub fn label(id: &str) -> String {
    LABELS.get(id).map_or_else(|| id.to_owned(), |(_, label)| label.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_known_once() {
        let count: usize = counties().iter().map(|county| 1 + county.towns.len()).sum();
        assert_eq!(LABELS.len(), count, "an id is used twice");
        assert!(LABELS.keys().all(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
        assert_eq!(kind("uppsala"), Some(Kind::Town));
        assert_eq!((county_of("uppsala"), county_of("atlantis")), (Some("uppsala-county"), None));
    }
}
