//! Cookies as browsers send them, and as this site sets them.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::kernel::config::Config;

/// The value of the first cookie of this name.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(own, _)| *own == name)
        .map(|(_, value)| value)
}

/// A cookie for the whole site that no script can read. Seconds 0 take it back. Name and value are ASCII without `;`.
pub fn set(config: &Config, name: &str, value: &str, seconds: u32, same_site: &str) -> HeaderValue {
    // Plain http is for laptops.
    let secure = if config.is_https() { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite={same_site}; Max-Age={seconds}{secure}");
    HeaderValue::try_from(cookie).unwrap_or_else(|_| unreachable!("cookies are base64"))
}
