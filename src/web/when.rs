//! Times as people say them. A page tells days and times in one zone: the reader's, or that of her place as long as her
//! browser has not said more.

use axum::http::HeaderMap;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::cookies::cookie;
use super::visitor::Actor;
use crate::shared::calendar;
use crate::shared::places::HOME;

/// The cookie with the browser's zone (`Europe/Helsinki`): `static/app.js` sets it.
const COOKIE: &str = "zone";
/// The zone of the page that a part goes into, so that one page has one zone.
const HEADER: &str = "x-zone";

/// The zone that a page is drawn in. What is no zone is as good as nothing.
pub fn zone(headers: Option<&HeaderMap>, actor: Option<&Actor>) -> Tz {
    let parse = |name: &str| name.parse().ok();
    let of_page = headers.and_then(|all| all.get(HEADER)?.to_str().ok()).and_then(parse);
    let of_browser = || headers.and_then(|all| cookie(all, COOKIE)).and_then(parse);
    of_page.or_else(of_browser).or(actor.map(|actor| actor.zone)).unwrap_or(HOME)
}

/// Now, in the reader's zone.
#[derive(Debug, Clone, Copy)]
pub struct When {
    now: DateTime<Utc>,
    zone: Tz,
}

impl When {
    pub fn new(now: DateTime<Utc>, zone: Tz) -> Self {
        Self { now, zone }
    }

    /// The day of a time.
    pub fn date(self, at: DateTime<Utc>) -> NaiveDate {
        calendar::day_in(self.zone, at)
    }

    /// `just now`, `5 minutes ago`, `yesterday`, `3 May 2026`.
    pub fn ago(self, at: DateTime<Utc>) -> String {
        let minutes = (self.now - at).num_minutes();
        match (minutes, (self.date(self.now) - self.date(at)).num_days()) {
            (i64::MIN..1, _) => "just now".to_owned(),
            (1, _) => "a minute ago".to_owned(),
            (2..60, _) => format!("{minutes} minutes ago"),
            (60..120, _) => "an hour ago".to_owned(),
            // A day of which clocks were turned back is longer than others.
            (120..1440, _) | (_, i64::MIN..1) => format!("{} hours ago", minutes / 60),
            (_, 1) => "yesterday".to_owned(),
            (_, days @ 2..7) => format!("{days} days ago"),
            _ => self.day(at),
        }
    }

    /// `3 May 2026`
    pub fn day(self, at: DateTime<Utc>) -> String {
        self.date(at).format("%-d %B %Y").to_string()
    }

    /// `14:05`
    pub fn clock(self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%H:%M").to_string()
    }

    /// The same as [`day_ago`], of a time.
    pub fn day_ago(self, at: DateTime<Utc>) -> String {
        day_ago(self.date(at), self.date(self.now))
    }
}

/// `today`, `yesterday`, `3 days ago`, `on 3 May 2026`: no more than the day.
pub fn day_ago(day: NaiveDate, today: NaiveDate) -> String {
    match (today - day).num_days() {
        i64::MIN..1 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days @ 2..7 => format!("{days} days ago"),
        _ => day.format("on %-d %B %Y").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn when(now: &str, zone: &str) -> When {
        When::new(at(now), zone.parse().unwrap())
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        let now = when("2026-06-01T12:00:00Z", "Europe/Stockholm");
        let said = |text: &str| now.ago(at(text));
        assert_eq!(said("2026-06-01T12:00:05Z"), "just now");
        assert_eq!(said("2026-06-01T11:55:00Z"), "5 minutes ago");
        assert_eq!(said("2026-06-01T10:30:00Z"), "an hour ago");
        assert_eq!(said("2026-05-31T12:01:00Z"), "23 hours ago");
        assert_eq!(said("2026-05-31T11:00:00Z"), "yesterday");
        assert_eq!(said("2026-05-30T21:59:00Z"), "2 days ago");
        assert_eq!(said("2026-05-03T11:00:00Z"), "3 May 2026");
        let on = |text: &str| day_ago(text.parse().unwrap(), now.date(now.now));
        assert_eq!((on("2026-06-01"), on("2026-05-31")), ("today".into(), "yesterday".into()));
        assert_eq!((on("2026-05-28"), on("2026-05-03")), ("4 days ago".into(), "on 3 May 2026".into()));
    }

    #[test]
    fn after_midnight_it_is_another_day_for_each_reader() {
        let told = |zone: &str, text: &str| {
            let now = when("2026-01-15T22:38:00Z", zone);
            (now.day_ago(at(text)), now.clock(at(text)))
        };
        let helsinki = |text: &str| told("Europe/Helsinki", text);
        assert_eq!(helsinki("2026-01-15T22:30:00Z"), ("today".into(), "00:30".into()));
        assert_eq!(helsinki("2026-01-15T21:50:00Z"), ("yesterday".into(), "23:50".into()));
        assert_eq!(told("Europe/Stockholm", "2026-01-15T21:50:00Z"), ("today".into(), "22:50".into()));
        assert_eq!(told("America/New_York", "2026-01-15T04:59:00Z"), ("yesterday".into(), "23:59".into()));
        assert_eq!(told("Pacific/Kiritimati", "2026-01-15T09:59:00Z"), ("yesterday".into(), "23:59".into()));
    }

    #[test]
    fn days_are_days_when_clocks_are_turned() {
        // 25 October 2026 has 25 hours in Sweden, 29 March has 23.
        let long = when("2026-10-25T22:50:00Z", "Europe/Stockholm");
        assert_eq!(long.ago(at("2026-10-24T22:10:00Z")), "24 hours ago");
        assert_eq!(long.day_ago(at("2026-10-24T22:10:00Z")), "today");
        assert_eq!(
            (long.clock(at("2026-10-25T00:30:00Z")), long.clock(at("2026-10-25T01:30:00Z"))),
            ("02:30".into(), "02:30".into())
        );
        let short = when("2026-03-29T22:30:00Z", "Europe/Stockholm");
        assert_eq!(short.day_ago(at("2026-03-29T21:59:00Z")), "yesterday");
        assert_eq!(
            (short.clock(at("2026-03-29T00:59:00Z")), short.clock(at("2026-03-29T01:00:00Z"))),
            ("01:59".into(), "03:00".into())
        );
    }

    #[test]
    fn what_is_no_zone_is_ignored() {
        let zone = |headers: &[(&'static str, &str)]| {
            let pairs = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            zone(Some(&pairs.collect()), None).name()
        };
        assert_eq!(zone(&[]), "Europe/Stockholm");
        assert_eq!(zone(&[("cookie", "a=b; zone=America/New_York")]), "America/New_York");
        assert_eq!(zone(&[("cookie", "zone=America/New_York"), ("x-zone", "Asia/Tokyo")]), "Asia/Tokyo");
        assert_eq!(zone(&[("cookie", "zone=America/New_York"), ("x-zone", "Mars")]), "America/New_York");
        for rubbish in
            ["zone=", "zone=Mars/Utopia", "zone=+02:00", "zone=../../etc/passwd", "zone=\"UTC\"", "zone"]
        {
            assert_eq!(zone(&[("cookie", rubbish)]), "Europe/Stockholm", "{rubbish}");
        }
    }
}
