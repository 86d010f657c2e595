//! Makes a photo out of what a member sent: upright, in sRGB, without a word about where and with what it was taken,
//! in three sizes. Everything here computes, nothing waits: [`super::workshop`] runs it.

mod colour;
mod jpeg;
mod kind;
mod limits;
mod sizes;

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

pub(super) use limits::{FIELD, MEMORY_MAX, REFUSALS, broken};
pub(super) use sizes::{Prints, Size};

use crate::kernel::failure::Failure;

/// Megabytes of memory that this picture takes while it is decoded, or why it is not taken.
pub(super) fn weigh(bytes: &[u8]) -> Result<u32, Failure> {
    open(bytes).map(|(_, weight)| weight)
}

/// The photo in all sizes.
pub(super) fn develop(bytes: &[u8]) -> Result<Prints, Failure> {
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
fn open(bytes: &[u8]) -> Result<(Decoder<'_>, u32), Failure> {
    let format = kind::of(bytes)?;
    let head = jpeg::head(bytes);
    if format == ImageFormat::Jpeg {
        limits::check_head(head.as_ref().ok_or_else(limits::broken)?)?;
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits::decoder());
    let decoder = reader.into_decoder().map_err(|error| limits::of(&error))?;
    let weight = limits::weigh(head.as_ref(), &decoder)?;
    Ok((Box::new(decoder), weight))
}
