//! A file as an answer: whole, a part of it (RFC 9110, section 14), or that the client has it already.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::statics::knows;

/// How long a browser may show a file without asking. No shared cache keeps it: it is for this member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Its content never changes.
    ForEver,
    /// The browser asks each time whether the member may still see it.
    AskAgain,
}

impl Keep {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::ForEver => "private, max-age=31536000, immutable",
            Self::AskAgain => "private, no-cache",
        })
    }
}

/// A file, as far as the client wants it.
#[derive(Debug)]
pub struct File {
    kind: &'static str,
    /// With its quotes.
    tag: String,
    keep: Keep,
    bytes: Bytes,
    wanted: Wanted,
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Nothing,
    Whole,
    /// From the first byte up to, and not with, the second one.
    Part(usize, usize),
}

impl File {
    /// As much of `bytes` as the request's headers ask for.
    pub fn new(asked: &HeaderMap, kind: &'static str, tag: String, keep: Keep, bytes: Bytes) -> Self {
        let wanted = if knows(asked, &tag) { Wanted::Nothing } else { wanted(asked, &tag, bytes.len()) };
        Self { kind, tag, keep, bytes, wanted }
    }
}

/// One range. Of several, of what is not there, or of what is no range, the whole is an answer that RFC 9110 allows.
fn wanted(asked: &HeaderMap, tag: &str, length: usize) -> Wanted {
    let Some(range) = asked.get(header::RANGE).and_then(|range| range.to_str().ok()) else {
        return Wanted::Whole;
    };
    // A part of what the client has from another time would not fit.
    if asked.get(header::IF_RANGE).is_some_and(|known| known.as_bytes() != tag.as_bytes()) {
        return Wanted::Whole;
    }
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Wanted::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let (first, end) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.saturating_add(1)),
        (Ok(first), _) if last.is_empty() => (first, length),
        (_, Ok(last)) if first.is_empty() => {
            (length.saturating_sub(last), if last == 0 { 0 } else { length })
        }
        _ => return Wanted::Whole,
    };
    if first < length && first < end { Wanted::Part(first, end.min(length)) } else { Wanted::Whole }
}

impl IntoResponse for File {
    fn into_response(self) -> Response {
        let length = self.bytes.len();
        let (status, body, range) = match self.wanted {
            Wanted::Nothing => (StatusCode::NOT_MODIFIED, Bytes::new(), None),
            Wanted::Whole => (StatusCode::OK, self.bytes, None),
            Wanted::Part(first, end) => {
                let range = format!("bytes {first}-{}/{length}", end - 1);
                (StatusCode::PARTIAL_CONTENT, self.bytes.slice(first..end), Some(range))
            }
        };
        let has_body = !body.is_empty();
        let mut response = (status, Body::from(body)).into_response();
        let headers = response.headers_mut();
        if has_body {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        }
        headers.insert(header::CACHE_CONTROL, self.keep.header());
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        let texts = [(header::ETAG, Some(self.tag)), (header::CONTENT_RANGE, range)];
        for (name, text) in texts {
            if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(pairs: &[(header::HeaderName, &str)]) -> Wanted {
        let headers = pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        File::new(
            &headers,
            "image/jpeg",
            "\"a\"".to_owned(),
            Keep::ForEver,
            Bytes::from_static(b"0123456789"),
        )
        .wanted
    }

    #[test]
    fn a_client_gets_what_it_asks_for() {
        use Wanted::{Nothing, Part, Whole};
        let ranges = [
            ("bytes=2-4", Part(2, 5)),
            ("bytes=2-", Part(2, 10)),
            ("bytes=-3", Part(7, 10)),
            ("bytes=-30", Part(0, 10)),
            ("bytes=8-30", Part(8, 10)),
            ("bytes=10-", Whole),
            ("bytes=-0", Whole),
            ("bytes=4-2", Whole),
            ("bytes=0-1,3-4", Whole),
            ("lines=0-1", Whole),
            ("bytes=x-", Whole),
            ("bytes=-", Whole),
        ];
        for (range, wanted) in ranges {
            assert_eq!(asking(&[(header::RANGE, range)]), wanted, "{range}");
        }
        let part = (header::RANGE, "bytes=2-4");
        assert_eq!(asking(&[]), Whole);
        assert_eq!(asking(&[part.clone(), (header::IF_RANGE, "\"a\"")]), Part(2, 5));
        assert_eq!(asking(&[part.clone(), (header::IF_RANGE, "\"b\"")]), Whole);
        assert_eq!(asking(&[part, (header::IF_NONE_MATCH, "\"a\"")]), Nothing);
    }
}
