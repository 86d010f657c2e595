//! The sizes in which a photo is kept.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, RgbImage, codecs::png::PngEncoder};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::Refusal;

const CARD: u32 = 320;
const PAGE: u32 = 960;
const SCREEN: u32 = 1920;
/// Pixels of the longer side of what is shown until the photo has come.
const BLUR: u32 = 8;
/// Decision 110 has the bytes and the times at others.
const QUALITY: u8 = 80;

/// A photo as it is kept: JPEG files.
#[derive(Debug)]
pub struct Prints {
    /// A square of 320 pixels out of the middle: for a face beside a name.
    pub card: Vec<u8>,
    /// At most 960 pixels on a side: for a profile.
    pub page: Vec<u8>,
    /// At most 1,920 pixels on a side: for a whole screen.
    pub screen: Vec<u8>,
    /// Pixels of the screen's.
    pub width: u32,
    /// The same.
    pub height: u32,
    /// A few pixels of it, as a `data:` address.
    pub blur: String,
}

/// What is decoded, no larger than the largest size.
pub(crate) fn largest(whole: DynamicImage) -> Result<DynamicImage, Refusal> {
    let (width, height) = fit((whole.width(), whole.height()), SCREEN);
    if (width, height) == (whole.width(), whole.height()) {
        return Ok(whole);
    }
    let mut smaller = DynamicImage::new(width, height, whole.color());
    resize(&whole, &mut smaller, false)?;
    Ok(smaller)
}

/// All sizes, each out of the next larger one.
pub(crate) fn prints(screen: RgbImage) -> Result<Prints, Refusal> {
    let (width, height) = screen.dimensions();
    let screen = DynamicImage::ImageRgb8(screen);
    let page = shrunk(&screen, fit((width, height), PAGE))?;
    let card = CARD.min(width).min(height);
    let mut square = DynamicImage::new_rgb8(card, card);
    resize(&page, &mut square, true)?;
    let tiny = shrunk(&page, fit((width, height), BLUR))?;
    Ok(Prints {
        card: encode(&square)?,
        page: encode(&page)?,
        screen: encode(&screen)?,
        width,
        height,
        blur: blur(&tiny)?,
    })
}

/// The sides of a picture that fits into a square; never larger than it was.
fn fit((width, height): (u32, u32), side: u32) -> (u32, u32) {
    let longer = width.max(height);
    if longer <= side {
        return (width, height);
    }
    let scaled = |part: u32| {
        let part = u64::from(part) * u64::from(side) + u64::from(longer) / 2;
        u32::try_from(part / u64::from(longer)).unwrap_or(side).max(1)
    };
    (scaled(width), scaled(height))
}

fn shrunk(from: &DynamicImage, (width, height): (u32, u32)) -> Result<DynamicImage, Refusal> {
    let mut to = DynamicImage::new_rgb8(width, height);
    resize(from, &mut to, false)?;
    Ok(to)
}

/// `cover` cuts off what is outside a square in the middle.
fn resize(from: &DynamicImage, to: &mut DynamicImage, cover: bool) -> Result<(), Refusal> {
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    let options = if cover { options.fit_into_destination(Some((0.5, 0.5))) } else { options };
    Resizer::new().resize(from, to, &options).map_err(|_| Refusal::Broken)
}

fn encode(image: &DynamicImage) -> Result<Vec<u8>, Refusal> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    let side = |side: u32| u16::try_from(side).map_err(|_| Refusal::Broken);
    let (width, height) = (side(image.width())?, side(image.height())?);
    encoder.encode(image.as_bytes(), width, height, ColorType::Rgb).map_err(|_| Refusal::Broken)?;
    Ok(file)
}

fn blur(image: &DynamicImage) -> Result<String, Refusal> {
    let mut file = Vec::new();
    PngEncoder::new(&mut file)
        .write_image(image.as_bytes(), image.width(), image.height(), ExtendedColorType::Rgb8)
        .map_err(|_| Refusal::Broken)?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_fits_and_never_grows() {
        assert_eq!(fit((4000, 3000), 1920), (1920, 1440));
        assert_eq!(fit((3000, 4000), 1920), (1440, 1920));
        assert_eq!(fit((640, 480), 1920), (640, 480));
        assert_eq!(fit((16_384, 200), 1920), (1920, 23));
        assert_eq!(fit((1920, 23), 8), (8, 1));
    }
}
