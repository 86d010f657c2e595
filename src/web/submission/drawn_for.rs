//! For whom a page was drawn. What it sends later counts only while that member is the one who is logged in.

use std::fmt;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use super::FOR;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::problem;
use crate::web::visitor::Actor;

/// What scripts send where a form has a hidden field.
const DRAWN_FOR: HeaderName = HeaderName::from_static("drawn-for");
/// Stands for who is not logged in.
const NOBODY: &str = "-";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrawnFor {
    Member(MemberId),
    Nobody,
}

impl DrawnFor {
    /// None for what no page of ours says.
    pub fn parse(text: &str) -> Option<Self> {
        if text == NOBODY { Some(Self::Nobody) } else { text.parse().ok().map(Self::Member) }
    }

    /// From a script's request: the header, or the parameter of a stream, which can send no header.
    pub fn of_request(parts: &Parts) -> Option<Self> {
        Self::of_headers(&parts.headers).or_else(|| {
            let query = parts.uri.query().unwrap_or_default();
            form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == FOR)
                .and_then(|(_, id)| Self::parse(&id))
        })
    }

    fn of_headers(headers: &HeaderMap) -> Option<Self> {
        Self::parse(headers.get(DRAWN_FOR)?.to_str().ok()?)
    }

    /// Refuses what was drawn for another member. A page that was drawn for nobody knows who acts by what is typed
    /// into it (a nickname, a password); a page whose member is logged out is told to log in by the policy.
    ///
    /// # Errors
    /// 409 `other-member`, which says who is logged in now.
    pub fn check(self, actor: Option<&Actor>) -> Result<(), Failure> {
        match (self, actor) {
            (Self::Member(member), Some(actor)) if member != actor.id => {
                let detail = format!(
                    "You are logged in as {} now, and this page was made for somebody else. Nothing was done.",
                    actor.nickname
                );
                Err(problem::OTHER_MEMBER.saying(detail))
            }
            _ => Ok(()),
        }
    }
}

impl From<Option<MemberId>> for DrawnFor {
    fn from(member: Option<MemberId>) -> Self {
        member.map_or(Self::Nobody, Self::Member)
    }
}

impl fmt::Display for DrawnFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(member) => member.fmt(f),
            Self::Nobody => f.write_str(NOBODY),
        }
    }
}
