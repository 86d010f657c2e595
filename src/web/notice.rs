//! A sentence that a form leaves for the next page, once, in a cookie.
//!
//! It is signed and ends soon: another site below the same name, or a program on the way, could set the cookie, and would
//! otherwise write into our pages.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::answer::Went;
use super::cookies::{self, cookie};
use super::secret::Secret;
use crate::kernel::config::Config;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;

/// Seconds that a notice waits for its page.
const SECONDS: u32 = 60;
/// Characters of a notice.
const MAX: usize = 200;
const PURPOSE: &str = "notice";

/// Leaves what a form says for the next page, and takes it back when a page has come.
pub async fn carry(State(ctx): State<Context>, request: Request, next: Next) -> Response {
    let had_notice = cookie(request.headers(), name(ctx.config())).is_some();
    let shows = request.method() != Method::HEAD;
    let mut response = next.run(request).await;
    let said = response.extensions().get::<Went>().and_then(|went| went.notice.clone());
    let value = match said {
        Some(said) => signed(&ctx, &said).await.map(|value| (value, SECONDS)),
        None if had_notice && shows && is_page(response.headers()) => Ok((String::new(), 0)),
        None => return response,
    };
    match value {
        Ok((value, seconds)) => {
            let cookie = cookies::set(ctx.config(), name(ctx.config()), &value, seconds, "Strict");
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        // What was asked for is done all the same.
        Err(failure) => tracing::warn!(%failure, "a notice is not shown"),
    }
    response
}

/// The notice that a form left for this page. It is text, and is escaped like all text.
pub async fn of(ctx: &Context, headers: &HeaderMap) -> Option<String> {
    let value = cookie(headers, name(ctx.config()))?;
    let secret = Secret::of(ctx).await.ok()?;
    read(secret, value, ctx.now().timestamp())
}

async fn signed(ctx: &Context, said: &str) -> Result<String, Failure> {
    Ok(write(Secret::of(ctx).await?, said, ctx.now().timestamp() + i64::from(SECONDS)))
}

/// Signature, end, text.
fn write(secret: &Secret, said: &str, ends: i64) -> String {
    let said: String = said.chars().take(MAX).collect();
    let ends = ends.to_string();
    let signature = URL_SAFE_NO_PAD.encode(secret.sign(PURPOSE, &[ends.as_bytes(), said.as_bytes()]));
    format!("{signature}.{ends}.{}", URL_SAFE_NO_PAD.encode(said))
}

fn read(secret: &Secret, value: &str, now: i64) -> Option<String> {
    let (signature, rest) = value.split_once('.')?;
    let (ends, said) = rest.split_once('.')?;
    let (signature, said) = (URL_SAFE_NO_PAD.decode(signature).ok()?, URL_SAFE_NO_PAD.decode(said).ok()?);
    let is_ours = secret.fits(PURPOSE, &[ends.as_bytes(), &said], &signature);
    let is_new = ends.parse::<i64>().is_ok_and(|ends| now <= ends);
    if is_ours && is_new { String::from_utf8(said).ok() } else { None }
}

/// Only https can have the safe name, which no other site can set.
fn name(config: &Config) -> &'static str {
    if config.is_https() { "__Host-notice" } else { "notice" }
}

fn is_page(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_site_has_said_lately_is_shown() {
        let secret = Secret::fixed(7);
        let value = write(&secret, "Åsa likes you. Say \"hi\"; now.", 100);
        assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{value}");
        assert_eq!(read(&secret, &value, 100).as_deref(), Some("Åsa likes you. Say \"hi\"; now."));
        assert_eq!(read(&secret, &value, 101), None, "too old");
        assert_eq!(read(&Secret::fixed(8), &value, 100), None, "of another site");
        let longer = value.replace(".100.", ".200.");
        let other = format!("{}.{}", &value[..value.rfind('.').unwrap()], URL_SAFE_NO_PAD.encode("Pay me"));
        for altered in ["", "Pay+me", "..", "a.100.b", &longer, &other, &value[1..]] {
            assert_eq!(read(&secret, altered, 100), None, "{altered}");
        }
        assert_eq!(read(&secret, &write(&secret, &"é".repeat(300), 1), 1).unwrap().chars().count(), MAX);
    }
}
