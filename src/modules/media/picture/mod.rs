//! Makes a photo out of what a member sent: upright, in sRGB, without a word about where and with what it was taken,
//! in three sizes. Everything here computes, nothing waits: [`super::workshop`] runs it.

mod colour;
mod jpeg;
mod kind;
mod limits;
mod sizes;

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader};

pub(super) use limits::{FIELD, MEMORY_MAX, REFUSALS, broken};
pub(super) use sizes::{Prints, Size};

use crate::kernel::failure::Failure;

/// Megabytes of memory that this picture takes while it is decoded, or why it is not taken.
pub(super) fn weigh(bytes: &[u8]) -> Result<u32, Failure> {
    let decoder = open(bytes)?;
    limits::weigh(bytes, decoder.as_ref())
}

/// The photo in all sizes.
pub(super) fn develop(bytes: &[u8]) -> Result<Prints, Failure> {
    let mut decoder = open(bytes)?;
    limits::weigh(bytes, decoder.as_ref())?;
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let whole = DynamicImage::from_decoder(decoder).map_err(|_| broken())?;
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

fn open(bytes: &[u8]) -> Result<Decoder<'_>, Failure> {
    let format = kind::of(bytes)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits::decoder());
    Ok(Box::new(reader.into_decoder().map_err(|_| broken())?))
}
