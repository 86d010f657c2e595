//! Recognises who is asking, before any action runs: address and session become the [`Visitor`].
//!
//! That a session was used is written down after the answer and at most once a minute, and never for what
//! browsers fetch on suspicion: looking ahead is not using.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use moka::sync::Cache;
use tokio::sync::broadcast::error::RecvError;

use super::address::client;
use super::cookies;
use super::known_device::KnownDevice;
use super::visitor::{Actor, Token, Visitor};
use crate::kernel::config::Config;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::SessionId;
use crate::kernel::module::changes;

/// How old the last use on record may be before it is written anew.
const USE_RECORDED_EVERY: Duration = Duration::from_mins(1);
/// Sessions of which this process remembers that it wrote their use.
const RECORDED_MAX: u64 = 100_000;

/// Headers that say why something is fetched.
const PURPOSES: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];
/// What they say of what nobody has asked for yet.
const AHEAD: [&str; 3] = ["prefetch", "prerender", "preview"];

/// The session cookie's name. Only https can have the safe one: plain http is for laptops.
pub fn cookie_name(config: &Config) -> &'static str {
    if config.is_https() { "__Host-session" } else { "session" }
}

/// The session's cookie; an empty token takes it back.
pub fn session_cookie(config: &Config, token: &str) -> HeaderValue {
    let seconds = if token.is_empty() { 0 } else { u32::from(config.session_days) * 24 * 60 * 60 };
    cookies::set(config, cookie_name(config), token, seconds, "Lax")
}

/// Takes the session's cookie back.
pub fn expired_cookie(config: &Config) -> HeaderValue {
    session_cookie(config, "")
}

/// What recognising needs.
#[derive(Clone)]
pub struct Authenticator {
    ctx: Context,
    cookie: &'static str,
    /// What was recorded a moment ago: a session in the cache still shows the use before that.
    recorded: Cache<SessionId, ()>,
}

impl Authenticator {
    pub fn of(ctx: &Context) -> Self {
        let recorded = Cache::builder().max_capacity(RECORDED_MAX).time_to_live(USE_RECORDED_EVERY).build();
        Self { ctx: ctx.clone(), cookie: cookie_name(ctx.config()), recorded }
    }

    /// A client without a valid token is a stranger: the guard decides what strangers may do.
    async fn actor(&self, headers: &HeaderMap) -> Result<Option<Actor>, Failure> {
        match Token::of(headers, self.cookie) {
            Some(token) => self.ctx.sessions().actor(&self.ctx, &token).await,
            None => Ok(None),
        }
    }

    /// Writes down, after the answer, that a session was used.
    fn record_use(&self, actor: &Actor) {
        let age = (self.ctx.now() - actor.used).to_std().unwrap_or_default();
        if age < USE_RECORDED_EVERY || !self.recorded.entry(actor.session).or_insert(()).is_fresh() {
            return;
        }
        let Some(store) = self.ctx.registry().sessions() else { return };
        let (ctx, session) = (self.ctx.clone(), actor.session);
        self.ctx.spawn_afterwards(async move {
            if let Err(failure) = store.touch(&ctx, session).await {
                tracing::warn!(%failure, "a session's use was not written down");
            }
        });
    }
}

/// Puts [`Context`] and [`Visitor`] beside the request. Refusals carry the visitor too, so that an error page
/// can greet her.
pub async fn authenticate(
    State(authenticator): State<Authenticator>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = client(&request, authenticator.ctx.config());
    let actor = match authenticator.actor(request.headers()).await {
        Ok(actor) => actor,
        Err(failure) => return failure.into_response(),
    };
    let used = actor.clone().filter(|_| !is_prefetch(request.method(), request.headers()));
    let device = if changes(request.method()) {
        KnownDevice::of(&authenticator.ctx, request.headers()).await
    } else {
        None
    };
    let visitor = Visitor { actor, address, device };
    request.extensions_mut().insert(authenticator.ctx.clone());
    request.extensions_mut().insert(visitor.clone());
    let mut response = next.run(request).await;
    if response.extensions().get::<Failure>().is_some() {
        response.extensions_mut().insert(visitor);
    }
    if let Some(actor) = used {
        authenticator.record_use(&actor);
    }
    response
}

/// True for what a browser fetches before its member asks for it: all of these headers have been sent by some.
pub fn is_prefetch(method: &Method, headers: &HeaderMap) -> bool {
    let values = PURPOSES.iter().flat_map(|name| headers.get_all(*name));
    let mut words = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()));
    *method == Method::HEAD || words.any(|word| AHEAD.iter().any(|ahead| word.eq_ignore_ascii_case(ahead)))
}

/// Keeps what is in memory, sessions and who waits for news, true to what other requests and nodes say.
pub async fn hear_signals(ctx: Context) {
    let mut signals = ctx.bus().signals();
    loop {
        let heard = tokio::select! {
            () = ctx.stopping().cancelled() => return,
            heard = signals.recv() => heard,
        };
        match heard {
            Ok(signal) => ctx.hear(&signal),
            // Something was missed, and nobody knows what: read everything anew.
            Err(RecvError::Lagged(_)) => {
                ctx.sessions().forget_all();
                ctx.live().reread(&ctx).await;
                ctx.presence().refresh(&ctx).await;
            }
            Err(RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_fetch_on_suspicion_looks_ahead() {
        let ahead = |headers: &[(&'static str, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            is_prefetch(&Method::GET, &headers.collect())
        };
        for (name, value) in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("sec-purpose", "prefetch;anonymous-client-ip"),
            ("purpose", "prefetch"),
            ("purpose", "Preview"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
        ] {
            assert!(ahead(&[(name, value)]), "{name}: {value}");
        }
        assert!(ahead(&[("sec-purpose", "other"), ("x-moz", "prefetch")]), "any of them will do");
        for (name, value) in
            [("sec-purpose", ""), ("purpose", "navigate"), ("x-moz", "1"), ("accept", "prefetch")]
        {
            assert!(!ahead(&[(name, value)]), "{name}: {value}");
        }
        assert!(is_prefetch(&Method::HEAD, &HeaderMap::new()));
    }
}
