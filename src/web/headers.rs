//! What every answer tells browsers: run nothing foreign, show us in no frame, keep no private page.
//!
//! It also answers front ends of configured origins (CORS), below `/api` only and never with cookies: they
//! log in and send the token themselves.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::origin::{Origin, Origins, is_api};
use crate::kernel::context::Context;

/// The policy, with what images may come from.
macro_rules! csp {
    ($images:literal) => {
        HeaderValue::from_static(concat!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src ",
            $images,
            "; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        ))
    };
}

/// No inline script or style anywhere, so an injected tag does nothing.
/// A photo that is about to be uploaded is shown from the browser's own memory: `blob:`.
const CSP: HeaderValue = csp!("'self' blob:");
/// For the API's page: the viewer's style sheet holds its icons.
pub const CSP_DOCS: HeaderValue = csp!("'self' data:");
/// The same for every answer. Referrers stay here, for paths hold nicknames.
const FIXED: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_SECURITY_POLICY, CSP),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];
/// A year of https only. On subdomains the operator decides.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");
const HSTS_SUBDOMAINS: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// A page differs by member, and htmx gets a part of it.
const VARY_PAGE: HeaderValue = HeaderValue::from_static("cookie, hx-request, x-zone");
const VARY_ORIGIN: HeaderValue = HeaderValue::from_static("origin");
const VARY_API: HeaderValue = HeaderValue::from_static("authorization, cookie, origin");

const CORS_METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, DELETE");
const CORS_HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, idempotency-key, prefer");
const CORS_EXPOSED: HeaderValue = HeaderValue::from_static(
    "ratelimit, ratelimit-policy, retry-after, x-request-id, location, preference-applied",
);
/// Seconds that a browser may remember what we answered about CORS.
const CORS_SECONDS: HeaderValue = HeaderValue::from_static("600");

/// What does not change between requests.
#[derive(Clone)]
pub struct SecurityHeaders {
    /// Only https sites have it.
    hsts: Option<HeaderValue>,
    origins: Origins,
}

impl SecurityHeaders {
    pub fn of(ctx: &Context) -> Self {
        let config = ctx.config();
        let hsts = if config.hsts_subdomains { HSTS_SUBDOMAINS } else { HSTS };
        Self { hsts: config.is_https().then_some(hsts), origins: Origins::of(ctx) }
    }
}

/// Adds them to every answer, refusals and faults included.
pub async fn security_headers(
    State(dress): State<SecurityHeaders>,
    request: Request,
    next: Next,
) -> Response {
    let api = is_api(request.uri().path());
    let allowed_origin = if api { allowed_origin(&dress.origins, request.headers()) } else { None };
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match &allowed_origin {
        Some(_) if preflight => answer_preflight(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    let own_policy = headers.remove(header::CONTENT_SECURITY_POLICY);
    for (name, value) in FIXED {
        headers.insert(name, value);
    }
    if let Some(policy) = own_policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if let Some(hsts) = dress.hsts {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts);
    }
    if let Some(origin) = allowed_origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, CORS_EXPOSED);
        // Otherwise the browser would keep the answer from the very script that we allow.
        headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, NO_STORE);
        headers.append(header::VARY, if api { VARY_API } else { VARY_PAGE });
    } else if api {
        // Shared caches may keep it, and it says which front end may read it.
        headers.append(header::VARY, VARY_ORIGIN);
    }
    response
}

/// The `Origin` as sent, if it is a configured one.
fn allowed_origin(origins: &Origins, headers: &HeaderMap) -> Option<HeaderValue> {
    let sent = headers.get(header::ORIGIN)?;
    let origin = Origin::parse(sent.to_str().ok()?)?;
    origins.is_configured(&origin).then(|| sent.clone())
}

fn answer_preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, CORS_METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, CORS_HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, CORS_SECONDS);
    response
}
