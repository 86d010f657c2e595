//! Counties and towns of Sweden, Norway and Finland, from `places.toml`. No coordinates: nobody is found by distance.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono_tz::Tz;
use serde::Deserialize;

/// The zone of who is in no place that is known.
pub const HOME: Tz = Tz::Europe__Stockholm;

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
    /// Of each country.
    zone: BTreeMap<String, String>,
    county: Vec<County>,
}

/// What an id stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    County,
    Town,
}

/// What is known of an id.
struct Known {
    kind: Kind,
    label: String,
    zone: Tz,
}

static PLACES: LazyLock<Places> = LazyLock::new(|| {
    toml::from_str(include_str!("../../places.toml")).unwrap_or_else(|error| {
        unreachable!("a test reads places.toml: {error}");
    })
});

static KNOWN: LazyLock<BTreeMap<&'static str, Known>> = LazyLock::new(|| {
    let mut all = BTreeMap::new();
    for county in counties() {
        // A test reads the zones, too.
        let zone = PLACES.zone.get(&county.country).and_then(|name| name.parse().ok()).unwrap_or(HOME);
        all.insert(county.id.as_str(), Known { kind: Kind::County, label: county.label.clone(), zone });
        for town in &county.towns {
            let label = format!("{}, {}", town.label, county.label);
            all.insert(town.id.as_str(), Known { kind: Kind::Town, label, zone });
        }
    }
    all
});

/// All counties, in the order of the file.
pub fn counties() -> &'static [County] {
    &PLACES.county
}

/// Whether an id is a county or a town, if it is known at all.
pub fn kind(id: &str) -> Option<Kind> {
    KNOWN.get(id).map(|place| place.kind)
}

/// The county that a town is in.
pub fn county_of(town: &str) -> Option<&'static str> {
    let has = |county: &&County| county.towns.iter().any(|known| known.id == town);
    counties().iter().find(has).map(|county| county.id.as_str())
}

/// `Uppsala, Uppsala county`. An id that is no longer known is shown as it is.
pub fn label(id: &str) -> String {
    KNOWN.get(id).map_or_else(|| id.to_owned(), |place| place.label.clone())
}

/// What clocks show there.
pub fn zone(id: &str) -> Tz {
    KNOWN.get(id).map_or(HOME, |place| place.zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_known_once() {
        let count: usize = counties().iter().map(|county| 1 + county.towns.len()).sum();
        assert_eq!(KNOWN.len(), count, "an id is used twice");
        assert!(KNOWN.keys().all(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
        assert_eq!(kind("uppsala"), Some(Kind::Town));
        assert_eq!((county_of("uppsala"), county_of("atlantis")), (Some("uppsala-county"), None));
    }
    #[test]
    fn every_country_has_a_zone() {
        for county in counties() {
            let name = PLACES.zone.get(&county.country);
            assert_eq!(name.map(String::as_str), Some(zone(&county.id).name()), "{}", county.id);
        }
        assert_eq!((zone("turku"), zone("bergen")), (Tz::Europe__Helsinki, Tz::Europe__Oslo));
        assert_eq!((zone("lund"), zone("atlantis")), (HOME, HOME));
    }
}
