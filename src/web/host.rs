//! Which site a request is for has to be clear: one `Host`, with a name and perhaps a port (RFC 9112, 3.2).
//!
//! A proxy in front of us may have read another name out of an unclear request than we would, and then its rules and its
//! cache are those of another site. Unclear lengths, the other half of such tricks, are in [`super::strict`].

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{Version, header};

/// False without a `Host`, with two, with one that is none, or with another one than the address names.
pub(super) fn is_clear(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        // Only HTTP/1.0 knows requests for no site in particular.
        (None, _) => return request.version() < Version::HTTP_11 && named(request).is_none_or(is_site),
        (Some(host), None) => host,
        (Some(_), Some(_)) => return false,
    };
    let Ok(host) = host.to_str() else { return false };
    is_site(host) && named(request).is_none_or(|named| named.eq_ignore_ascii_case(host))
}

/// What the address itself names: most have only a path.
fn named(request: &Request) -> Option<&str> {
    request.uri().authority().map(Authority::as_str)
}

/// A name or an address, and perhaps a port; no user, no path.
fn is_site(text: &str) -> bool {
    let Ok(authority) = text.parse::<Authority>() else { return false };
    let name = authority.host();
    let Some(port) = text.strip_prefix(name) else { return false };
    !name.is_empty() && (port.is_empty() || port == ":" || authority.port_u16().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_name_and_a_port() {
        for site in
            ["x", "x:80", "x:", "EXAMPLE.org", "127.0.0.1:8080", "[::1]", "[::1]:8080", "a_b", "xn--a"]
        {
            assert!(is_site(site), "{site}");
        }
        for other in [
            "", " ", ":80", "x:y", "x:80:80", "x:65536", "x/", "x/y", "x?y", "x#y", "u@x", "u:p@x", "@x",
            "x y", "x, y", "http://x", "[::1", "::1", "x\\y", "å",
        ] {
            assert!(!is_site(other), "{other}");
        }
    }
}
