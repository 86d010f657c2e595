//! Time in use cases: a fixed noon, so that no story and no answer depends on the day it is read.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// What the clock shows when a case comes to its first WHEN: noon of 2026-06-01, a Monday, in UTC.
pub const NOON: DateTime<Utc> = match DateTime::from_timestamp(1_780_315_200, 0) {
    Some(noon) => noon,
    None => DateTime::UNIX_EPOCH,
};

/// How long before [`NOON`] people register: long enough that `at = "-30 days"` comes after it.
pub const INTRODUCED: TimeDelta = TimeDelta::days(-60);

/// What lies between two given entries that say no time of their own.
pub const PACE: TimeDelta = TimeDelta::minutes(1);

/// The day of all stories.
pub fn today() -> NaiveDate {
    NOON.date_naive()
}

/// `2 days`, `1 minute`; with a minus in front where `at` counts back from noon.
pub fn span(text: &str) -> Option<TimeDelta> {
    let (number, unit) = text.trim().split_once(' ')?;
    let number: i64 = number.parse().ok()?;
    match unit.trim_end_matches('s') {
        "second" => TimeDelta::try_seconds(number),
        "minute" => TimeDelta::try_minutes(number),
        "hour" => TimeDelta::try_hours(number),
        "day" => TimeDelta::try_days(number),
        "week" => TimeDelta::try_weeks(number),
        _ => None,
    }
}

/// `30 days`: the way back, for stories.
pub fn words(span: TimeDelta) -> String {
    let seconds = span.num_seconds().abs();
    let units = [("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];
    let (unit, size) =
        units.into_iter().find(|(_, size)| seconds >= *size && seconds % size == 0).unwrap_or(("second", 1));
    match seconds / size {
        1 => format!("1 {unit}"),
        n => format!("{n} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noon_is_noon() {
        assert_eq!(NOON.to_rfc3339(), "2026-06-01T12:00:00+00:00");
    }

    #[test]
    fn spans_are_read_and_written() {
        assert_eq!(span("-2 days"), Some(TimeDelta::days(-2)));
        assert_eq!(span("1 minute"), Some(TimeDelta::minutes(1)));
        assert_eq!(span("soon"), None);
        assert_eq!(span("2 moons"), None);
        assert_eq!(words(TimeDelta::days(-30)), "30 days");
        assert_eq!(words(TimeDelta::seconds(61)), "61 seconds");
        assert_eq!(words(TimeDelta::weeks(1)), "1 week");
    }
}
