//! Times as people say them.

use chrono::{DateTime, NaiveDate, Utc};

/// `just now`, `5 minutes ago`, `yesterday`, `3 May 2026`.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let minutes = (now - at).num_minutes();
    match minutes {
        i64::MIN..1 => "just now".to_owned(),
        1 => "a minute ago".to_owned(),
        2..60 => format!("{minutes} minutes ago"),
        60..120 => "an hour ago".to_owned(),
        120..1440 => format!("{} hours ago", minutes / 60),
        1440..2880 => "yesterday".to_owned(),
        2880..10_080 => format!("{} days ago", minutes / 1440),
        _ => day(at),
    }
}

/// `3 May 2026`
pub fn day(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y").to_string()
}

/// `today`, `yesterday`, `3 days ago`, `on 3 May 2026`: no more than the day.
pub fn day_ago(day: NaiveDate, now: DateTime<Utc>) -> String {
    match (now.date_naive() - day).num_days() {
        i64::MIN..1 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days @ 2..7 => format!("{days} days ago"),
        _ => day.format("on %-d %B %Y").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let now: DateTime<Utc> = "2026-06-01T12:00:00Z".parse().unwrap();
        let said = |text: &str| ago(text.parse().unwrap(), now);
        assert_eq!(said("2026-06-01T12:00:05Z"), "just now");
        assert_eq!(said("2026-06-01T11:55:00Z"), "5 minutes ago");
        assert_eq!(said("2026-06-01T10:30:00Z"), "an hour ago");
        assert_eq!(said("2026-05-31T11:00:00Z"), "yesterday");
        assert_eq!(said("2026-05-03T11:00:00Z"), "3 May 2026");
        let on = |text: &str| day_ago(text.parse().unwrap(), now);
        assert_eq!((on("2026-06-01"), on("2026-05-31")), ("today".into(), "yesterday".into()));
        assert_eq!((on("2026-05-28"), on("2026-05-03")), ("4 days ago".into(), "on 3 May 2026".into()));
    }
}
