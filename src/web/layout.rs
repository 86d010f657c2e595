//! What every page shows around its own content: title, navigation, and a notice after a form.

use std::borrow::Borrow;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use chrono_tz::Tz;

use super::counts::{Counts, counts};
use super::extract::original_target;
use super::notice;
use super::render::REQUEST_ID;
use super::submission::DrawnFor;
use super::visitor::{Actor, State, Visitor};
use super::when::{self, When};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::module::ModuleSpec;
use crate::live::Cursor;
use crate::shared::versions;

/// The greatest number in the navigation.
const SHOWN_MAX: i64 = 99;

/// Field `shell` of every page.
#[derive(Debug, Clone)]
pub struct Layout {
    pub title: String,
    pub actor: Option<ShellActor>,
    /// The page's own path, for the navigation.
    pub path: String,
    pub notice: Option<String>,
    /// What waits for her. None where nobody is logged in, and where it could not be read: no number is better
    /// than a wrong one.
    pub counts: Option<Counts>,
    /// What its days and times are told in.
    pub zone: Tz,
    /// The versions of what the page shows, read before the content.
    seen: Cursor,
    /// The key of the page's forms. A form sent twice has the same key, so the guard knows it again.
    pub form_key: String,
}

/// Who is logged in, as far as the navigation cares.
#[derive(Debug, Clone)]
pub struct ShellActor {
    member: MemberId,
    pub nickname: String,
    pub approved: bool,
    pub reviewer: bool,
    pub admin: bool,
}

impl From<&Actor> for ShellActor {
    fn from(actor: &Actor) -> Self {
        Self {
            member: actor.id,
            nickname: actor.nickname.clone(),
            approved: actor.state == State::Approved,
            reviewer: actor.state == State::Approved && (actor.reviewer || actor.admin),
            admin: actor.state == State::Approved && actor.admin,
        }
    }
}

impl Layout {
    /// For a page that comes instead of the one asked for.
    pub fn around(title: &str, path: &str, actor: Option<&Actor>, form_key: &str) -> Self {
        Self {
            title: title.to_owned(),
            actor: actor.map(Into::into),
            path: path.to_owned(),
            notice: None,
            counts: None,
            zone: when::zone(None, actor),
            seen: Cursor::default(),
            form_key: form_key.to_owned(),
        }
    }

    /// The page shows what a live module has for her: it will hear of changes. To be called before the content is
    /// read, so that nothing falls in between.
    ///
    /// # Errors
    /// If the versions of the member cannot be read.
    pub async fn following(
        mut self,
        ctx: &Context,
        actor: &Actor,
        spec: &ModuleSpec,
    ) -> Result<Self, Failure> {
        // What is counted is older: she would miss a change in between if this replaced it.
        if self.seen.version(spec.name).is_none() {
            self.seen.set(spec.name, versions::of(ctx.pool(spec), spec, actor.id).await?);
        }
        Ok(self)
    }

    /// Now, for whom this page is drawn.
    pub fn when(&self, ctx: &Context) -> When {
        When::new(ctx.now(), self.zone)
    }

    /// What the live channel is asked with; none on pages that hear nothing.
    pub fn cursor(&self) -> Option<String> {
        (self.seen != Cursor::default()).then(|| self.seen.to_string())
    }

    /// For whom the page is drawn: its forms and scripts say so when they ask for something.
    pub fn drawn_for(&self) -> DrawnFor {
        self.actor.as_ref().map(|actor| actor.member).into()
    }

    /// For the navigation: 0 where it is not known.
    pub fn conversations(&self) -> i64 {
        self.counts.map(|counts| counts.conversations).unwrap_or_default()
    }

    /// The same of alerts.
    pub fn alerts(&self) -> i64 {
        self.counts.map(|counts| counts.alerts).unwrap_or_default()
    }

    /// The same of new stories.
    pub fn stories(&self) -> i64 {
        self.counts.map(|counts| counts.stories).unwrap_or_default()
    }

    /// How the title begins: `(3) `, or nothing. Stories wait for nobody.
    pub fn waiting(&self) -> String {
        match self.counts.map(|counts| counts.conversations + counts.alerts) {
            Some(0) | None => String::new(),
            Some(all) => format!("({}) ", shown(all)),
        }
    }

    /// What the page itself shows is no longer waiting.
    pub fn one_conversation_less(&mut self) {
        if let Some(counts) = &mut self.counts {
            counts.conversations = (counts.conversations - 1).max(0);
        }
    }

    /// Names the page.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Layout {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let visitor = <Visitor as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let target = original_target(parts);
        let path = target.split('?').next().unwrap_or_default();
        // The number of the request is new for every page, and no secret.
        let key = parts.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
        let mut shell = Self::around("HappyPancake", path, visitor.actor.as_ref(), key);
        shell.zone = when::zone(Some(&parts.headers), visitor.actor.as_ref());
        if let Some(ctx) = parts.extensions.get::<Context>() {
            shell.notice = notice::of(ctx, &parts.headers).await;
            if let Some(actor) = &visitor.actor {
                shell.count(ctx, actor).await;
            }
        }
        Ok(shell)
    }
}

impl Layout {
    async fn count(&mut self, ctx: &Context, actor: &Actor) {
        if actor.state != State::Approved {
            return;
        }
        match counts(ctx, actor.id).await {
            Ok(Some((counts, versions))) => (self.counts, self.seen) = (Some(counts), versions),
            Ok(None) => {}
            Err(failure) => tracing::warn!(%failure, "a page is shown without its numbers"),
        }
    }
}

/// A number as the navigation shows it: `7`, or `99+`.
pub fn shown(count: impl Borrow<i64>) -> String {
    let count = count.borrow();
    if *count > SHOWN_MAX { format!("{SHOWN_MAX}+") } else { count.to_string() }
}

/// The number beside a tab, where there is something to count.
pub fn badge(count: impl Borrow<i64>) -> Option<String> {
    Some(shown(count.borrow())).filter(|_| *count.borrow() > 0)
}

/// True where a script asks for the changing part of a page that is open already.
pub fn wants_part(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request")
}
