//! A file that a use case sends. It lies beside the case, and its name says what it is.

use std::fs;
use std::path::Path;

/// A file as it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct SentFile {
    pub name: String,
    /// Its media type.
    pub kind: &'static str,
    pub bytes: Vec<u8>,
}

/// Its name: nobody reads the bytes.
impl std::fmt::Debug for SentFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.name, self.bytes.len())
    }
}

/// Names end with what their files say they are.
const KINDS: [(&str, &str); 8] = [
    (".jpg", "image/jpeg"),
    (".png", "image/png"),
    (".webp", "image/webp"),
    (".heic", "image/heic"),
    (".avif", "image/avif"),
    (".gif", "image/gif"),
    (".tiff", "image/tiff"),
    (".txt", "text/plain"),
];

/// What a form in parts separates them with.
const BOUNDARY: &str = "----use-case";

impl SentFile {
    /// Reads the file. The error is a sentence that the author of the use case reads.
    ///
    /// # Errors
    /// When it is not there, or its name does not say what it is.
    pub fn read(folder: &Path, name: &str) -> Result<Self, String> {
        let kind = KINDS.iter().find(|(end, _)| name.ends_with(end)).map(|(_, kind)| *kind);
        let kind = kind.ok_or_else(|| format!("{name} does not end with the kind of a file"))?;
        let bytes = fs::read(folder.join(name))
            .map_err(|error| format!("{name} lies not beside the case: {error}"))?;
        Ok(Self { name: name.to_owned(), kind, bytes })
    }

    /// A form in parts, as browsers send one that has files, and its media type.
    pub fn form(fields: &[(String, String)], files: &[(String, Self)]) -> (String, Vec<u8>) {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    .bytes(),
            );
        }
        for (name, file) in files {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{}\"\r\n\
                 Content-Type: {}\r\n\r\n",
                file.name, file.kind
            );
            body.extend(head.bytes().chain(file.bytes.iter().copied()).chain("\r\n".bytes()));
        }
        body.extend(format!("--{BOUNDARY}--\r\n").bytes());
        (format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }
}
