//! Makes a photo out of what a member sent: upright, in sRGB, without a word about where and with what it was taken,
//! in three sizes. Everything here computes, and nothing waits.

#![warn(missing_docs)]

mod colour;
mod jpeg;
mod kind;
mod limits;
mod sizes;

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

pub use limits::MEMORY_MAX;
pub use sizes::Prints;

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing that is known here.
    NoPhoto,
    /// What iPhones keep.
    Heic,
    /// A format that is not read.
    Avif,
    /// The same.
    Gif,
    /// The same.
    Tiff,
    /// It broke off, or a decoder stumbles over it.
    Broken,
    /// Less than 200 pixels on a side.
    Small,
    /// More pixels, or more memory, than there is for one.
    Large,
}

/// Megabytes of memory that this picture takes while it is decoded, or why it is not taken.
///
/// # Errors
/// Where it is not taken.
pub fn weigh(bytes: &[u8]) -> Result<u32, Refusal> {
    open(bytes).map(|(_, weight)| weight)
}

/// The photo in all sizes.
///
/// # Errors
/// Where it is not taken.
pub fn develop(bytes: &[u8]) -> Result<Prints, Refusal> {
    let (mut decoder, _) = open(bytes)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let whole = DynamicImage::from_decoder(decoder).map_err(|error| limits::of(&error))?;
    // Made smaller first: turning and colours then cost a fraction of the time and of the memory.
    let mut screen = sizes::largest(whole)?;
    screen.apply_orientation(orientation);
    let mut screen = colour::on_white(screen);
    if let Some(profile) = profile {
        colour::to_srgb(&mut screen, &profile);
    }
    sizes::prints(screen)
}

type Decoder<'b> = Box<dyn ImageDecoder + 'b>;

/// A decoder that has read no pixel yet, and the megabytes that it will take.
fn open(bytes: &[u8]) -> Result<(Decoder<'_>, u32), Refusal> {
    let format = kind::of(bytes)?;
    let head = jpeg::head(bytes);
    if format == ImageFormat::Jpeg {
        limits::check_head(head.as_ref().ok_or(Refusal::Broken)?)?;
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits::decoder());
    let decoder = reader.into_decoder().map_err(|error| limits::of(&error))?;
    let weight = limits::weigh(head.as_ref(), format == ImageFormat::WebP, &decoder)?;
    Ok((Box::new(decoder), weight))
}
