//! Style, scripts and icons, from inside the binary: there is no folder to lose on the way to a server.
//!
//! Pages link them by [`href`], whose address changes with the content, so browsers keep them for a year and
//! still never show an old one.

use std::sync::LazyLock;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::RawQuery;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::context::Context;
use crate::failure::Failure;
use crate::web::extract::Path;

/// For addresses that name the content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// For addresses without.
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// Characters of the content's hash in an address. Only versions of one file must differ.
const MARK_CHARS: usize = 12;

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Name, type and content of every file.
static EMBEDDED: [(&str, &str, &[u8]); 10] = [
    ("app.css", CSS, include_bytes!("../../static/app.css")),
    ("app.js", SCRIPT, include_bytes!("../../static/app.js")),
    ("docs.css", CSS, include_bytes!("../../static/docs.css")),
    ("docs.js", SCRIPT, include_bytes!("../../static/docs.js")),
    ("drip.svg", SVG, include_bytes!("../../static/drip.svg")),
    ("htmx.min.js", SCRIPT, include_bytes!("../../static/htmx.min.js")),
    ("icon.svg", SVG, include_bytes!("../../static/icon.svg")),
    ("live.js", SCRIPT, include_bytes!("../../static/live.js")),
    ("swagger-ui-bundle.js", SCRIPT, include_bytes!("../../static/swagger-ui-bundle.js")),
    ("swagger-ui.css", CSS, include_bytes!("../../static/swagger-ui.css")),
];

/// The files with what their content says of them; hashed once.
static FILES: LazyLock<Vec<File>> = LazyLock::new(|| EMBEDDED.iter().map(File::of).collect());

struct File {
    name: &'static str,
    kind: &'static str,
    content: &'static [u8],
    /// The whole hash, in quotes.
    etag: String,
    /// The start of the hash.
    mark: String,
    href: String,
}

impl File {
    fn of(&(name, kind, content): &(&'static str, &'static str, &'static [u8])) -> Self {
        let etag = etag_of(content);
        let mark = etag[1..=MARK_CHARS].to_owned();
        Self { name, kind, content, etag, href: format!("/static/{name}?v={mark}"), mark }
    }

    fn named(name: &str) -> Option<&'static Self> {
        FILES.iter().find(|file| file.name == name)
    }
}

/// The address of a file, for templates: `/static/app.css?v=0123456789ab`.
///
/// # Panics
/// When there is no such file, which the first look at the page shows.
pub fn href(name: &str) -> &'static str {
    File::named(name).map_or_else(|| unreachable!("static/ has no {name}"), |file| file.href.as_str())
}

/// `/static/{name}`.
#[expect(clippy::disallowed_methods, reason = "files are no action of a module")]
pub fn routes() -> Router<Context> {
    Router::new().route("/static/{name}", get(send))
}

async fn send(
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let file = File::named(&name).ok_or_else(Failure::not_found)?;
    let is_exact = query.as_deref().and_then(|query| query.strip_prefix("v=")) == Some(file.mark.as_str());
    let mut response = if knows(&headers, &file.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from(Bytes::from_static(file.content)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
        response
    };
    let etag = HeaderValue::from_str(&file.etag).map_err(Failure::internal)?;
    response.headers_mut().insert(header::ETAG, etag);
    response.headers_mut().insert(header::CACHE_CONTROL, if is_exact { FOR_EVER } else { AN_HOUR });
    Ok(response)
}

/// The hash of a content, in quotes.
pub fn etag_of(content: &[u8]) -> String {
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(content)))
}

/// Whether the browser has this content. Comparison is weak, as RFC 9110 wants it for `If-None-Match`.
pub fn knows(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_the_content() {
        assert!(href("app.css").starts_with("/static/app.css?v="));
        assert_ne!(href("app.css"), href("app.js").replace("app.js", "app.css"));
    }

    #[test]
    fn browsers_name_what_they_have() {
        let file = File::named("icon.svg").unwrap();
        let sent = |text: &str| HeaderMap::from_iter([(header::IF_NONE_MATCH, text.parse().unwrap())]);
        assert!(knows(&sent(&file.etag), &file.etag));
        assert!(knows(&sent(&format!("\"other\", W/{}", file.etag)), &file.etag));
        assert!(knows(&sent("*"), &file.etag));
        assert!(!knows(&sent("\"other\""), &file.etag));
        assert!(!knows(&HeaderMap::new(), &file.etag));
    }

    #[test]
    fn every_file_in_the_folder_is_embedded() {
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/static")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let served = [".css", ".js", ".svg"].iter().any(|end| name.ends_with(end));
            assert_eq!(File::named(&name).is_some(), served, "{name}");
        }
    }
}
