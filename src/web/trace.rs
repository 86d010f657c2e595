//! What reading leaves behind for others to see: a visit, a thread that is marked as read, that somebody is here.
//!
//! Only a member's own steps may leave it. A page elsewhere that sends her browser to its author's profile would learn who
//! reads it, so such a request is stopped before anything is read, and she is asked; her step from there counts as any
//! other. What a browser fetches ahead is refused: shown without a trace it would be a way to read unseen. Browsers
//! say where a step comes from (`Sec-Fetch-Site`); those that are too old to say so count as before, and so do programs,
//! which send their token themselves.

use axum::http::{HeaderMap, Method};

use super::session::is_prefetch;
use super::visitor::{Actor, Token};
use crate::kernel::failure::Failure;
use crate::kernel::module::Face;
use crate::kernel::problem;
use crate::shared::text::name::kept;

/// Refuses to read where that would leave a trace which the member does not mean to leave.
///
/// # Errors
/// If a browser fetches ahead, or the request did not come from a page of the site.
pub fn check(face: Face, method: &Method, headers: &HeaderMap) -> Result<(), Failure> {
    if *method != Method::HEAD && is_prefetch(method, headers) {
        return Err(problem::FETCHED_AHEAD.failure());
    }
    match (is_from_elsewhere(headers), face) {
        (false, _) => Ok(()),
        (true, Face::Page) => Err(problem::FROM_ELSEWHERE.failure()),
        (true, Face::Json) => Err(problem::CROSS_SITE.failure()),
    }
}

/// True for her own profile and whatever else is named after her: reading it touches nobody.
pub fn is_own(path: &str, actor: &Actor) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    let named = form_urlencoded::parse(last.as_bytes()).next().map(|(name, _)| name.into_owned());
    named.is_some_and(|name| {
        name == actor.id.to_string() || kept(&name).to_lowercase() == actor.nickname.to_lowercase()
    })
}

/// True where a browser says that a page of another site has started this. `none` is typed, or a bookmark.
pub fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    sites.any(|site| site != "same-origin" && site != "none") && Token::bearer(headers).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(face: Face, headers: &[(&'static str, &'static str)]) -> Option<&'static str> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        check(face, &Method::GET, &headers.collect()).err().map(|failure| failure.code())
    }

    #[test]
    fn only_own_steps_leave_a_trace() {
        for own in ["same-origin", "none"] {
            assert_eq!(asked(Face::Page, &[("sec-fetch-site", own)]), None, "{own}");
        }
        assert_eq!(asked(Face::Page, &[]), None, "an old browser says nothing");
        for other in ["cross-site", "same-site", "", "anything"] {
            assert_eq!(asked(Face::Page, &[("sec-fetch-site", other)]), Some("from-elsewhere"), "{other}");
            assert_eq!(asked(Face::Json, &[("sec-fetch-site", other)]), Some("cross-site"), "{other}");
        }
        let twice = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")];
        assert_eq!(asked(Face::Page, &twice), Some("from-elsewhere"));
    }

    #[test]
    fn programs_bring_their_token_from_anywhere() {
        let from = ("sec-fetch-site", "cross-site");
        let bearer: &str = format!("Bearer {}", Token::random().reveal()).leak();
        assert_eq!(asked(Face::Json, &[from, ("authorization", bearer)]), None);
        assert_eq!(asked(Face::Json, &[from, ("authorization", "Basic abc")]), Some("cross-site"));
    }

    #[test]
    fn nothing_is_fetched_ahead() {
        for header in [("sec-purpose", "prefetch"), ("purpose", "prefetch"), ("x-moz", "prefetch")] {
            assert_eq!(asked(Face::Page, &[header]), Some("fetched-ahead"), "{header:?}");
        }
        let head = check(Face::Page, &Method::HEAD, &HeaderMap::new());
        assert!(head.is_ok(), "it shows nothing");
    }
}
