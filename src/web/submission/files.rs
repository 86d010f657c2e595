//! A form that sends a file: `multipart/form-data` (RFC 7578).

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use futures::stream;
use multer::Multipart;

use super::Fields;
use crate::kernel::failure::Failure;
use crate::kernel::problem;
use crate::web::form::FormState;

/// Fields of a form, hidden ones included. Ours have three.
const FIELDS_MAX: usize = 32;

/// A form as sent with a file. Of any other body there is nothing in it.
#[derive(Debug, Clone, Default)]
pub struct FileForm {
    /// None where nobody chose one.
    pub file: Option<Bytes>,
    /// As typed, to show it again.
    pub state: FormState,
}

impl<S: Sync> FromRequestParts<S> for FileForm {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// What separates the parts, where this is a form in parts.
pub(super) fn boundary(headers: &HeaderMap) -> Option<String> {
    multer::parse_boundary(headers.get(header::CONTENT_TYPE)?.to_str().ok()?).ok()
}

/// The fields, and the one file that is not empty: browsers send an empty one where nobody chose any.
pub(super) async fn read(body: Bytes, boundary: String) -> Result<(Fields, Option<Bytes>), Failure> {
    let mut parts = Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
    let (mut fields, mut file) = (Fields::new(), None);
    while let Some(part) = parts.next_field().await.map_err(|error| unreadable(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        if part.file_name().is_some() {
            let bytes = part.bytes().await.map_err(|error| unreadable(&error))?;
            if !bytes.is_empty() && file.replace(bytes).is_some() {
                return Err(problem::BODY_UNREADABLE.saying("Send one file at a time."));
            }
        } else if fields.len() == FIELDS_MAX {
            return Err(problem::BODY_UNREADABLE.saying("This form has too many fields."));
        } else {
            fields.push((name, part.text().await.map_err(|error| unreadable(&error))?));
        }
    }
    Ok((fields, file))
}

fn unreadable(error: &multer::Error) -> Failure {
    problem::BODY_UNREADABLE.saying(format!("The form cannot be read: {error}."))
}
