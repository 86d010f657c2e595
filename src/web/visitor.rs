//! Who is asking: the session's token becomes a [`Visitor`], without a database round trip on the hot path.
//!
//! Tokens are opaque and random; only their SHA-256 is stored. A session that was read is trusted for
//! [`TRUSTED`] at most; a signal shortens that, and nothing depends on the signal.

use std::time::Duration;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::{HeaderMap, header, request::Parts};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use futures::future::BoxFuture;
use moka::sync::Cache;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::cookies;
use super::known_device::KnownDevice;
use crate::bus::Signal;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, SessionId};
use crate::kernel::module::Policy;
use crate::kernel::problem;

/// How long a session that was read is believed.
pub const TRUSTED: Duration = Duration::from_secs(5);
/// Sessions kept in memory.
const CACHED_MAX: u64 = 100_000;
/// Bytes of randomness in a token.
const TOKEN_BYTES: usize = 32;

/// A member who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub id: MemberId,
    pub nickname: String,
    pub session: SessionId,
    pub state: State,
    /// Of her place.
    pub zone: Tz,
    pub reviewer: bool,
    pub admin: bool,
    /// When the session was last written as used; [`crate::web::session`] renews it.
    pub used: DateTime<Utc>,
}

/// How far an application has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Waiting,
    Rejected,
    Approved,
}

impl Actor {
    /// Whether a policy lets her through; otherwise what to tell her.
    ///
    /// # Errors
    /// 403 for a member who is not approved or lacks the role.
    pub fn passes(&self, policy: Policy) -> Result<(), Failure> {
        let approved = self.state == State::Approved;
        let has_role = match policy {
            Policy::Public | Policy::Registered => return Ok(()),
            Policy::Member => true,
            Policy::Reviewer => self.reviewer || self.admin,
            Policy::Admin => self.admin,
        };
        if !approved {
            return Err(problem::NOT_APPROVED.failure());
        }
        if !has_role {
            return Err(problem::ROLE_MISSING.failure());
        }
        Ok(())
    }
}

/// Where a request comes from: always there, also for strangers.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub actor: Option<Actor>,
    /// The client's address, as far as trusted proxies tell.
    pub address: std::net::IpAddr,
    /// Where somebody has logged in with this browser before. Looked at for changes only.
    pub device: Option<KnownDevice>,
}

/// A session's secret, in the hands of its member only.
#[derive(Clone)]
pub struct Token(String);

/// What is stored of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl Token {
    /// A new one.
    pub fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; TOKEN_BYTES]>()))
    }

    /// From a cookie or a header. Anything that cannot be one is nobody's.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == TOKEN_BYTES).then(|| Self(text.to_owned()))
    }

    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// For the one answer that gives it to its member.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `Authorization: Bearer …`, or the cookie.
    pub fn of(headers: &HeaderMap, cookie: &str) -> Option<Self> {
        Self::bearer(headers).or_else(|| cookies::cookie(headers, cookie).and_then(Self::parse))
    }

    /// `Authorization: Bearer …` with a token of this site's form. Browsers add other schemes by themselves, for a proxy
    /// that asks for a password: those say nothing to us.
    pub fn bearer(headers: &HeaderMap) -> Option<Self> {
        let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") { Self::parse(token.trim()) } else { None }
    }
}

/// Keeps sessions: the module `register` does.
pub trait SessionStore: Send + Sync {
    /// The member of a live session.
    fn find<'a>(
        &'a self,
        ctx: &'a Context,
        token: TokenHash,
    ) -> BoxFuture<'a, Result<Option<Actor>, Failure>>;
    /// Those of these sessions that still are an approved member's.
    fn open<'a>(
        &'a self,
        ctx: &'a Context,
        sessions: &'a [SessionId],
    ) -> BoxFuture<'a, Result<Vec<SessionId>, Failure>>;
    /// Writes down that the session was used now.
    fn touch<'a>(&'a self, ctx: &'a Context, session: SessionId) -> BoxFuture<'a, Result<(), Failure>>;
}

/// Sessions that were read a moment ago. Unknown tokens are not kept: nobody can fill it with them.
pub struct Sessions {
    cache: Cache<TokenHash, Actor>,
}

impl Default for Sessions {
    fn default() -> Self {
        let cache = Cache::builder()
            .max_capacity(CACHED_MAX)
            .time_to_live(TRUSTED)
            .support_invalidation_closures()
            .build();
        Self { cache }
    }
}

impl Sessions {
    /// The member of this token, if it is one.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn actor(&self, ctx: &Context, token: &Token) -> Result<Option<Actor>, Failure> {
        let hash = token.hash();
        if let Some(actor) = self.cache.get(&hash) {
            return Ok(Some(actor));
        }
        let Some(store) = ctx.registry().sessions() else { return Ok(None) };
        let actor = store.find(ctx, hash).await?;
        if let Some(actor) = &actor {
            self.cache.insert(hash, actor.clone());
        }
        Ok(actor)
    }

    /// Drops what a signal says is old.
    pub fn hear(&self, signal: &Signal) {
        let forgotten = match *signal {
            Signal::SessionEnded(session) => {
                self.cache.invalidate_entries_if(move |_, actor| actor.session == session)
            }
            Signal::ActorChanged(member) => {
                self.cache.invalidate_entries_if(move |_, actor| actor.id == member)
            }
            _ => return,
        };
        if let Err(error) = forgotten {
            tracing::error!(%error, "the session cache does not forget; entries live for {TRUSTED:?}");
        }
    }

    /// Drops everything: between use cases.
    pub fn forget_all(&self) {
        self.cache.invalidate_all();
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Failure::internal("a request came past the visitor layer"))
    }
}

impl<S: Sync> FromRequestParts<S> for Actor {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let visitor = <Visitor as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        visitor.actor.ok_or_else(Failure::unauthenticated)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Actor {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Failure> {
        Ok(<Visitor as FromRequestParts<S>>::from_request_parts(parts, state).await?.actor)
    }
}
