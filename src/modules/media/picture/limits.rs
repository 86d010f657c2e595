//! What is too large, too small or too broken, before a pixel of it is decoded.

use image::{ImageDecoder, ImageError, Limits};

use super::jpeg::Head;
use crate::kernel::failure::Failure;
use crate::kernel::problem::Problem;

pub(super) const NO_PHOTO: Problem =
    Problem::field("media.no-photo", "This is no photo that we can read. Send a JPEG, PNG or WebP file.");
pub(super) const HEIC: Problem = Problem::field(
    "media.heic",
    "This is a HEIC file, which we cannot read. Send it as JPEG: on an iPhone, Settings, Camera, Formats, Most Compatible.",
);
pub(super) const AVIF: Problem =
    Problem::field("media.avif", "This is an AVIF file, which we cannot read. Send it as JPEG, PNG or WebP.");
pub(super) const GIF: Problem =
    Problem::field("media.gif", "This is a GIF file. Send a photo as JPEG, PNG or WebP.");
pub(super) const TIFF: Problem =
    Problem::field("media.tiff", "This is a TIFF file. Send it as JPEG, PNG or WebP.");
const BROKEN: Problem = Problem::field(
    "media.broken",
    "This file is damaged: we cannot read all of it. Send it once more, or another one.",
);
const SMALL: Problem = Problem::field(
    "media.small",
    "This photo is too small to see somebody. Send one of at least 200 × 200 pixels.",
);
const LARGE: Problem = Problem::field(
    "media.large",
    "This photo has too many pixels: at most 40 million, and 16,384 on a side. Make it smaller first.",
);
/// What a picture is refused for.
pub(in super::super) const REFUSALS: &[Problem] = &[NO_PHOTO, HEIC, AVIF, GIF, TIFF, BROKEN, SMALL, LARGE];

/// The form's field.
pub(in super::super) const FIELD: &str = "photo";

/// What a decoder stumbles over.
pub(in super::super) fn broken() -> Failure {
    BROKEN.at(FIELD)
}

/// Pixels of the shorter side.
const SIDE_MIN: u32 = 200;
/// Pixels of the longer side. WebP ends there.
const SIDE_MAX: u32 = 16_384;
/// What phones take at most without being asked to take more.
const PIXELS_MAX: u64 = 40_000_000;
/// Cameras and editors write about ten.
const SCANS_MAX: usize = 64;
/// Bytes of memory for one picture.
const BYTES_MAX: u64 = 200_000_000;
/// Megabytes of memory for all pictures that are being decoded: one of the heaviest fits.
pub(in super::super) const MEMORY_MAX: u32 = 201;

/// What a decoder may do by itself.
pub(super) fn decoder() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(BYTES_MAX);
    limits
}

/// Whether a photo may have these sides.
pub(super) fn check_sides((width, height): (u32, u32)) -> Result<(), Failure> {
    if width.max(height) > SIDE_MAX || u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(LARGE.at(FIELD));
    }
    if width.min(height) < SIDE_MIN {
        return Err(SMALL.at(FIELD));
    }
    Ok(())
}

/// Megabytes that decoding takes: the decoded picture, and what a decoder holds beside it.
pub(super) fn weigh(head: Option<&Head>, decoder: &dyn ImageDecoder) -> Result<u32, Failure> {
    check_sides(decoder.dimensions())?;
    let decoded = decoder.total_bytes();
    let beside = match head {
        // All coefficients, of two bytes each, until the last scan has come.
        Some(head) if head.is_progressive => decoded * 2,
        // A few lines.
        Some(_) => 0,
        // A WebP's planes; a PNG's are less.
        None => decoded / 2,
    };
    let weight = decoded + beside;
    if weight > BYTES_MAX {
        return Err(LARGE.at(FIELD));
    }
    Ok(u32::try_from(weight / 1_000_000 + 1).unwrap_or(MEMORY_MAX))
}

/// Whether a JPEG is worth the decoder's time.
pub(super) fn check_head(head: &Head) -> Result<(), Failure> {
    check_sides(head.sides)?;
    if head.is_whole && head.scans <= SCANS_MAX { Ok(()) } else { Err(broken()) }
}

/// What a decoder stumbles over.
pub(super) fn of(error: &ImageError) -> Failure {
    match error {
        ImageError::Limits(_) => LARGE.at(FIELD),
        _ => broken(),
    }
}
