//! Cross-site requests change nothing: a page elsewhere cannot make a browser act for its member.
//!
//! Browsers say where a request comes from (`Sec-Fetch-Site`, or `Origin` where that is missing), and this
//! is checked for every change, logging in included: nobody shall be logged in as somebody else. It rests on
//! these rules, tried in this order:
//!
//! 1. Reading is free.
//! 2. `Authorization: Bearer` with a token of this site's form is never added by a browser on its own, and then the
//!    cookie is not looked at: free. Any other `Authorization` counts as none.
//! 3. Front ends of configured origins may call `/api`, but no session cookie may travel with that.
//! 4. `Sec-Fetch-Site` must be `same-origin`, or `none`: typed by the member herself.
//! 5. Without it, `Origin` must be the site's own. A site on a laptop has several names (127.0.0.1,
//!    localhost): there the name in `Host` is its own too.
//! 6. Without either no browser is at work; such a client may not send a session cookie.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::session::cookie_name;
use super::visitor::Token;
use crate::kernel::context::Context;
use crate::kernel::module::changes;
use crate::kernel::problem;

/// Scheme, host and port of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// From `https://example.org`, without a path. `null`, which sandboxed pages send, is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("://")?;
        // `Uri` takes user information too, which an origin never has.
        if rest.contains(['/', '?', '#', '@']) {
            return None;
        }
        let uri: Uri = text.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let usual = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let host = uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase();
        Some(Self { scheme, host, port: uri.port_u16().unwrap_or(usual) })
    }

    pub fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// True for names of this very machine.
    pub fn is_loopback(&self) -> bool {
        let address = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost"
            || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// What is compared with: made once.
#[derive(Debug, Clone)]
pub struct Origins {
    own: Option<Origin>,
    /// Of front ends elsewhere.
    others: Vec<Origin>,
    cookie: &'static str,
}

impl Origins {
    pub fn of(ctx: &Context) -> Self {
        let config = ctx.config();
        Self {
            own: Origin::parse(&config.origin()),
            others: config.cors_origins.iter().filter_map(|text| Origin::parse(text)).collect(),
            cookie: cookie_name(config),
        }
    }

    /// Whether a front end from there may call the API.
    pub fn is_configured(&self, origin: &Origin) -> bool {
        self.others.contains(origin)
    }

    /// The rules above.
    fn allows(&self, method: &Method, path: &str, headers: &HeaderMap) -> bool {
        if !changes(method) || Token::bearer(headers).is_some() {
            return true;
        }
        let has_cookie = sends_cookie(headers, self.cookie);
        let sent = headers.get(header::ORIGIN);
        let origin = sent.and_then(|value| value.to_str().ok()).and_then(Origin::parse);
        if origin.as_ref().is_some_and(|origin| self.is_configured(origin)) && is_api(path) {
            return !has_cookie;
        }
        if let Some(site) = headers.get("sec-fetch-site") {
            return site == "same-origin" || site == "none";
        }
        match (sent, origin) {
            (None, _) => !has_cookie,
            (Some(_), None) => false,
            (Some(_), Some(origin)) => self.is_own(&origin, headers),
        }
    }

    fn is_own(&self, origin: &Origin, headers: &HeaderMap) -> bool {
        let Some(own) = &self.own else { return false };
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let named = host.and_then(|host| Origin::parse(&format!("{}://{host}", own.scheme)));
        origin == own || (own.is_loopback() && origin.is_loopback() && named.as_ref() == Some(origin))
    }
}

/// Refuses changes that another site started.
pub async fn refuse_cross_site(State(origins): State<Origins>, request: Request, next: Next) -> Response {
    if origins.allows(request.method(), request.uri().path(), request.headers()) {
        return next.run(request).await;
    }
    problem::CROSS_SITE.failure().into_response()
}

/// True for what programs call.
pub fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

fn sends_cookie(headers: &HeaderMap, name: &str) -> bool {
    headers
        .get_all(header::COOKIE)
        .iter()
        // Bytes, so that a cookie header that is no text still counts.
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .any(|pair| {
            pair.trim_ascii().strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posts(own: &str, path: &str, sent: &[(&'static str, &str)]) -> bool {
        let origins = Origins {
            own: Origin::parse(own),
            others: vec![Origin::parse("https://app.example").unwrap()],
            cookie: "session",
        };
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, value.parse().unwrap());
        }
        origins.allows(&Method::POST, path, &headers)
    }

    const SITE: &str = "https://pancake.example";
    const COOKIE: (&str, &str) = ("cookie", "theme=dark; session=abc");

    #[test]
    fn fetch_metadata_decides() {
        for (site, passes) in
            [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)]
        {
            assert_eq!(posts(SITE, "/flirt", &[("sec-fetch-site", site), COOKIE]), passes, "{site}");
            assert_eq!(posts(SITE, "/login", &[("sec-fetch-site", site)]), passes, "{site}, no cookie");
        }
        let lie = [("sec-fetch-site", "cross-site"), ("origin", SITE)];
        assert!(!posts(SITE, "/login", &lie));
    }

    #[test]
    fn origin_decides_without_it() {
        assert!(posts(SITE, "/flirt", &[("origin", SITE), COOKIE]));
        assert!(posts(SITE, "/flirt", &[("origin", "https://PANCAKE.example:443"), COOKIE]));
        for other in ["http://pancake.example", "https://pancake.example:444", "https://evil.example", "null"]
        {
            assert!(!posts(SITE, "/login", &[("origin", other)]), "{other}");
        }
        // Whoever controls the Host header's name is not us, unless we are on a laptop.
        assert!(!posts(SITE, "/login", &[("origin", "https://evil.example"), ("host", "evil.example")]));
    }

    #[test]
    fn a_laptop_has_several_names() {
        let own = "http://127.0.0.1:8080";
        assert!(posts(own, "/login", &[("origin", "http://localhost:8080"), ("host", "localhost:8080")]));
        assert!(!posts(own, "/login", &[("origin", "http://localhost:9090"), ("host", "localhost:8080")]));
        assert!(!posts(own, "/login", &[("origin", "http://evil.example"), ("host", "evil.example")]));
    }

    #[test]
    fn without_a_browser_only_cookies_are_refused() {
        assert!(posts(SITE, "/api/login", &[]));
        let bearer = format!("Bearer {}", Token::random().reveal());
        assert!(posts(SITE, "/api/flirt", &[("authorization", &bearer), COOKIE]));
        assert!(!posts(SITE, "/api/flirt", &[COOKIE]));
        assert!(posts(SITE, "/api/login", &[("cookie", "sessions=abc")]));
    }

    #[test]
    fn only_a_token_of_ours_is_free() {
        let cross = ("sec-fetch-site", "cross-site");
        for other in ["Bearer abc", "Bearer", "Basic bmFuY3k6cGFuY2FrZQ==", "Negotiate YII="] {
            assert!(!posts(SITE, "/login", &[("authorization", other), cross]), "{other}");
            assert!(!posts(SITE, "/api/flirt", &[("authorization", other), COOKIE]), "{other}");
            let own = ("sec-fetch-site", "same-origin");
            assert!(posts(SITE, "/flirt", &[("authorization", other), own, COOKIE]), "{other}");
        }
    }

    #[test]
    fn front_ends_elsewhere_call_the_api_without_cookies() {
        let from = ("origin", "https://app.example");
        let cross = ("sec-fetch-site", "cross-site");
        assert!(posts(SITE, "/api/login", &[from, cross]));
        assert!(!posts(SITE, "/api/login", &[from, cross, COOKIE]));
        assert!(!posts(SITE, "/login", &[from, cross]));
    }

    #[test]
    fn origins_have_no_path() {
        for text in ["https://a.example/", "https://a@b.example", "ftp://a.example", "a.example", "https://"]
        {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
        assert!(Origin::parse("http://[::1]:8080").unwrap().is_loopback());
        assert!(Origin::parse("http://127.0.0.2").unwrap().is_loopback());
        assert!(!Origin::parse("http://0.0.0.0:80").unwrap().is_loopback());
        assert!(!Origin::parse("http://localhost.evil.example").unwrap().is_loopback());
    }
}
