//! Which content codings a client takes: `Accept-Encoding` (RFC 9110, 12.5.3).

use axum::http::{HeaderMap, header};

pub const BROTLI: &str = "br";
pub const GZIP: &str = "gzip";

/// True where the client names this coding, or any, and does not give it the weight 0.
pub fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let asked = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut any = false;
    for asked in asked.flat_map(|value| value.split(',')) {
        let mut parts = asked.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let wanted = parts.filter_map(weight).all(|weight| weight > 0.0);
        if name.eq_ignore_ascii_case(coding) {
            return wanted;
        }
        any |= name == "*" && wanted;
    }
    any
}

fn weight(parameter: &str) -> Option<f32> {
    let (name, value) = parameter.split_once('=')?;
    value.trim().parse().ok().filter(|_| name.trim().eq_ignore_ascii_case("q"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_says_what_it_takes() {
        let takes = |text: &str, coding| {
            accepts(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, text.parse().unwrap())]), coding)
        };
        for text in ["gzip", "deflate, GZIP ;q=0.5", "br, *", "*;q=0.1", "gzip;q=1, *;q=0"] {
            assert!(takes(text, GZIP), "{text}");
        }
        for text in ["", "identity", "br", "gzip;q=0", "gzip; Q=0.000, *", "*;q=0", "gzipped"] {
            assert!(!takes(text, GZIP), "{text}");
        }
        assert!(!accepts(&HeaderMap::new(), BROTLI));
    }
}
