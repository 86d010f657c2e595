//! What is too large, too small or too broken, before a pixel of it is decoded.

use image::{ImageDecoder, ImageError, Limits};

use crate::Refusal;
use crate::jpeg::Head;

/// Pixels of the shorter side.
const SIDE_MIN: u32 = 200;
/// Pixels of the longer side. WebP ends there.
const SIDE_MAX: u32 = 16_384;
/// What phones take at most without being asked to take more.
const PIXELS_MAX: u64 = 40_000_000;
/// Cameras and editors write about ten.
const SCANS_MAX: usize = 64;
/// Bytes of memory for one picture: with the program itself, and what is made of the picture, it stays below 300 MB.
const BYTES_MAX: u64 = 130_000_000;
/// Megabytes of memory for all pictures that are being decoded: one of the heaviest fits.
pub const MEMORY_MAX: u32 = 131;

/// What a decoder may do by itself.
pub(crate) fn decoder() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(BYTES_MAX);
    limits
}

/// Whether a photo may have these sides.
pub(crate) fn check_sides((width, height): (u32, u32)) -> Result<(), Refusal> {
    if width.max(height) > SIDE_MAX || u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(Refusal::Large);
    }
    if width.min(height) < SIDE_MIN {
        return Err(Refusal::Small);
    }
    Ok(())
}

/// Megabytes that decoding takes: the decoded picture, and what a decoder holds beside it.
pub(crate) fn weigh(head: Option<&Head>, is_webp: bool, decoder: &dyn ImageDecoder) -> Result<u32, Refusal> {
    check_sides(decoder.dimensions())?;
    let decoded = decoder.total_bytes();
    let beside = match head {
        // All coefficients, of two bytes each, until the last scan has come.
        Some(head) if head.is_progressive || head.scans > 1 => head.coefficients() * 2,
        // A WebP's planes of brightness and colours.
        None if is_webp => decoded / 2,
        // A few lines.
        Some(_) | None => 0,
    };
    let weight = decoded + beside;
    if weight > BYTES_MAX {
        return Err(Refusal::Large);
    }
    Ok(u32::try_from(weight / 1_000_000 + 1).unwrap_or(MEMORY_MAX))
}

/// Whether a JPEG is worth the decoder's time.
pub(crate) fn check_head(head: &Head) -> Result<(), Refusal> {
    check_sides(head.sides)?;
    if head.is_whole && head.scans <= SCANS_MAX { Ok(()) } else { Err(Refusal::Broken) }
}

/// What a decoder stumbles over.
pub(crate) fn of(error: &ImageError) -> Refusal {
    match error {
        ImageError::Limits(_) => Refusal::Large,
        _ => Refusal::Broken,
    }
}
