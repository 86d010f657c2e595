//! What a file is, by its first bytes. What it is called, and what the sender says of it, is nobody's proof.

use image::ImageFormat;

use crate::Refusal;

/// The format. A format that we do not read is refused by its name, so that the member knows what to convert.
pub(crate) fn of(bytes: &[u8]) -> Result<ImageFormat, Refusal> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Ok(ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(ImageFormat::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(ImageFormat::WebP),
        // ISO 14496-12: a length, `ftyp`, then the major brand (ISO 23008-12 and AV1 Image File Format).
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if brand.starts_with(b"avi") => Err(Refusal::Avif),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if is_heif(brand) => Err(Refusal::Heic),
        [b'G', b'I', b'F', b'8', ..] => Err(Refusal::Gif),
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Err(Refusal::Tiff),
        _ => Err(Refusal::NoPhoto),
    }
}

fn is_heif(brand: &[u8]) -> bool {
    [b"hei", b"hev", b"mif", b"msf"].iter().any(|start| brand.starts_with(*start))
}
