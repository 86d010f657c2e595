//! Style, scripts and icons, from inside the binary: there is no folder to lose on the way to a server.
//!
//! Pages link them by [`href`], whose address changes with the content, so browsers keep them for a year and
//! still never show an old one. They were compressed when the program was built (`build.rs`), and are sent as the
//! client takes them.

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

use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::web::coding::{BROTLI, GZIP, accepts};
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

/// A file with what it became when the program was built.
struct Embedded {
    name: &'static str,
    kind: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

macro_rules! embedded {
    ($($kind:ident $name:literal)+) => {
        [$(Embedded {
            name: $name,
            kind: $kind,
            plain: include_bytes!(concat!("../../static/", $name)),
            brotli: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".br")),
            gzip: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz")),
        }),+]
    };
}

static EMBEDDED: [Embedded; 13] = embedded! {
    CSS "app.css"
    SCRIPT "app.js"
    CSS "docs.css"
    SCRIPT "docs.js"
    SVG "drip.svg"
    SCRIPT "htmx.min.js"
    SVG "icon.svg"
    SCRIPT "live.js"
    SCRIPT "password.js"
    SCRIPT "photos.js"
    SCRIPT "review.js"
    SCRIPT "swagger-ui-bundle.js"
    CSS "swagger-ui.css"
};

/// The files with what their content says of them; hashed once.
static FILES: LazyLock<Vec<File>> = LazyLock::new(|| EMBEDDED.iter().map(File::of).collect());

struct File {
    name: &'static str,
    kind: &'static str,
    /// The smallest first; the last one anybody takes.
    codings: [Coded; 3],
    /// The start of the hash.
    mark: String,
    href: String,
}

/// A file in one content coding.
struct Coded {
    coding: Option<&'static str>,
    content: &'static [u8],
    /// The hash of the file, and which coding it is in, in quotes.
    etag: String,
}

impl File {
    fn of(file: &Embedded) -> Self {
        let hash = hash(file.plain);
        let coded = |coding: Option<&'static str>, content| {
            let of = coding.map(|coding| format!("-{coding}")).unwrap_or_default();
            Coded { coding, content, etag: format!("\"{hash}{of}\"") }
        };
        let codings =
            [coded(Some(BROTLI), file.brotli), coded(Some(GZIP), file.gzip), coded(None, file.plain)];
        let mark = hash[..MARK_CHARS].to_owned();
        let href = format!("/static/{}?v={mark}", file.name);
        Self { name: file.name, kind: file.kind, codings, mark, href }
    }

    fn named(name: &str) -> Option<&'static Self> {
        FILES.iter().find(|file| file.name == name)
    }

    /// As this client takes it.
    fn coded_for(&self, headers: &HeaderMap) -> &Coded {
        let [.., plain] = &self.codings;
        let taken = |coded: &&Coded| coded.coding.is_some_and(|coding| accepts(headers, coding));
        self.codings.iter().find(taken).unwrap_or(plain)
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
    let coded = file.coded_for(&headers);
    let mut response = if knows(&headers, &coded.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = [(header::CONTENT_TYPE, file.kind)];
        let mut response = (kind, Body::from(Bytes::from_static(coded.content))).into_response();
        let coding = coded.coding.map(HeaderValue::from_static);
        response.headers_mut().extend(coding.map(|coding| (header::CONTENT_ENCODING, coding)));
        response
    };
    let etag = HeaderValue::from_str(&coded.etag).map_err(Failure::internal)?;
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CACHE_CONTROL, if is_exact { FOR_EVER } else { AN_HOUR });
    Ok(response)
}

/// The hash of a content, in quotes.
pub fn etag_of(content: &[u8]) -> String {
    format!("\"{}\"", hash(content))
}

fn hash(content: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(content))
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
        let etag = &File::named("icon.svg").unwrap().coded_for(&HeaderMap::new()).etag;
        let sent = |text: &str| HeaderMap::from_iter([(header::IF_NONE_MATCH, text.parse().unwrap())]);
        assert!(knows(&sent(etag), etag));
        assert!(knows(&sent(&format!("\"other\", W/{etag}")), etag));
        assert!(knows(&sent("*"), etag));
        assert!(!knows(&sent("\"other\""), etag));
        assert!(!knows(&HeaderMap::new(), etag));
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
