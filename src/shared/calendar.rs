//! Which day it is. Not everywhere the same: for an hour it is tomorrow already in Finland, and today in Sweden.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::places::{self, HOME};

/// Today, over all places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    /// Where it is the earlier day; nearly always that is everywhere.
    pub day: NaiveDate,
    /// The counties where it is the day after that.
    pub ahead: &'static [String],
}

/// A zone, and the counties that lie in it or further east.
struct Eastward {
    zone: Tz,
    counties: Vec<String>,
}

/// From west to east.
static ZONES: LazyLock<Vec<Eastward>> = LazyLock::new(|| {
    let mut zones: Vec<Tz> = places::counties().iter().map(|county| places::zone(&county.id)).collect();
    zones.push(HOME);
    // Midnight comes to the east first: who has the later clock is further east, in winter as in summer.
    zones.sort_by_key(|zone| (DateTime::UNIX_EPOCH.with_timezone(zone).naive_local(), zone.name()));
    zones.dedup();
    let eastward = |(at, zone): (usize, &Tz)| {
        let counties = places::counties().iter().map(|county| &county.id);
        let counties = counties.filter(|id| zones[at..].contains(&places::zone(id))).cloned();
        Eastward { zone: *zone, counties: counties.collect() }
    };
    zones.iter().enumerate().map(eastward).collect()
});

/// Which day it is in a county or a town.
pub fn day(place: &str, at: DateTime<Utc>) -> NaiveDate {
    day_in(places::zone(place), at)
}

/// Which day it is in a zone.
pub fn day_in(zone: Tz, at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// Which day it is, over all places.
pub fn today(at: DateTime<Utc>) -> Today {
    let mut days = ZONES.iter().map(|eastward| (day_in(eastward.zone, at), eastward.counties.as_slice()));
    let day = days.next().map_or_else(|| at.date_naive(), |(day, _)| day);
    let ahead = days.find(|(later, _)| *later > day).map_or(&[][..], |(_, counties)| counties);
    Today { day, ahead }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn midnight_comes_to_helsinki_first() {
        assert_eq!(day("helsinki", at("2026-01-15T22:00:00Z")).to_string(), "2026-01-16");
        assert_eq!(day("stockholm", at("2026-01-15T22:59:59Z")).to_string(), "2026-01-15");
        assert_eq!(day("bergen", at("2026-01-15T23:00:00Z")).to_string(), "2026-01-16");
        // In summer an hour earlier.
        assert_eq!(day("helsinki", at("2026-06-01T21:00:00Z")).to_string(), "2026-06-02");
        assert_eq!(day("stockholm", at("2026-06-01T21:59:59Z")).to_string(), "2026-06-01");
    }

    #[test]
    fn who_is_ahead_is_finland() {
        let finland = places::counties().iter().filter(|county| county.country == "Finland");
        let finland: Vec<&String> = finland.map(|county| &county.id).collect();
        let ahead = |time: &str| today(at(time)).ahead.iter().collect::<Vec<_>>();
        assert_eq!(ahead("2026-01-15T22:00:00Z"), finland);
        assert_eq!((ahead("2026-01-15T21:59:59Z").len(), ahead("2026-01-15T23:00:00Z").len()), (0, 0));
    }

    /// Every hour of two years, those when clocks are turned among them.
    #[test]
    fn all_places_are_told_by_one_day_and_who_is_ahead() {
        let mut now = at("2026-01-01T00:15:00Z");
        while now < at("2028-01-01T00:00:00Z") {
            let Today { day: today, ahead } = today(now);
            for county in ["skane-county", "vestland-county", "uusimaa-county"] {
                let is_ahead = ahead.iter().any(|id| id == county);
                let here = if is_ahead { today.succ_opt().unwrap() } else { today };
                assert_eq!(day(county, now), here, "{county} at {now}");
            }
            now += TimeDelta::hours(1);
        }
    }
}
