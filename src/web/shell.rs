//! What every page shows around its own content: title, navigation, and a notice after a form.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use super::extract::original_target;
use super::visitor::{Actor, State, Visitor};
use crate::failure::Failure;

/// The cookie that carries a notice from a form to the next page.
const NOTICE: &str = "notice";
/// Seconds that a notice waits for its page.
const NOTICE_SECONDS: u32 = 60;
/// Characters of a notice.
const NOTICE_MAX: usize = 200;

/// Field `shell` of every page.
#[derive(Debug, Clone)]
pub struct Shell {
    pub title: String,
    pub actor: Option<ShellActor>,
    /// The page's own path, for the navigation.
    pub path: String,
    pub notice: Option<String>,
}

/// Who is logged in, as far as the navigation cares.
#[derive(Debug, Clone)]
pub struct ShellActor {
    pub nickname: String,
    pub approved: bool,
    pub reviewer: bool,
}

impl From<&Actor> for ShellActor {
    fn from(actor: &Actor) -> Self {
        Self {
            nickname: actor.nickname.clone(),
            approved: actor.state == State::Approved,
            reviewer: actor.state == State::Approved && (actor.reviewer || actor.admin),
        }
    }
}

impl Shell {
    /// For a page that comes instead of the one asked for.
    pub fn around(title: &str, path: &str, actor: Option<&Actor>) -> Self {
        Self { title: title.to_owned(), actor: actor.map(Into::into), path: path.to_owned(), notice: None }
    }

    /// Names the page.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Shell {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let visitor = <Visitor as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let target = original_target(parts);
        let path = target.split('?').next().unwrap_or_default();
        let mut shell = Self::around("HappyPancake", path, visitor.actor.as_ref());
        shell.notice = notice_of(&parts.headers);
        Ok(shell)
    }
}

/// Sets the notice for the next page; without one, takes it back once it was shown.
pub fn notice_cookie(notice: Option<&str>) -> Option<HeaderValue> {
    let (text, seconds) = match notice {
        Some(notice) => (notice.chars().take(NOTICE_MAX).collect::<String>(), NOTICE_SECONDS),
        None => (String::new(), 0),
    };
    let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let cookie = format!("{NOTICE}={text}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict");
    HeaderValue::try_from(cookie).ok()
}

/// The notice that a form left for this page. It is text, and is escaped like all text.
pub fn notice_of(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pair = cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == NOTICE)?;
    let (text, _) = form_urlencoded::parse(pair.1.as_bytes()).next()?;
    (!text.is_empty()).then(|| text.chars().take(NOTICE_MAX).collect())
}
