//! Files that members might upload, made here: good ones that say too much, and bad ones that want too much.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder};
use moxcms::ColorProfile;

/// What no file of ours may say.
pub(crate) const SECRET: &str = "SECRET-PLACE-59.9139";
/// Pixels of [`upright`].
pub(crate) const SIDES: (u32, u32) = (400, 300);
/// The colours of its quarters: top left, top right, bottom left, bottom right.
pub(crate) const QUARTERS: [[u8; 3]; 4] = [[220, 30, 30], [30, 200, 30], [30, 30, 220], [240, 240, 240]];

/// A file, and the code of its refusal; none where it is taken.
pub(crate) struct Sent {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) refusal: Option<&'static str>,
}

/// A picture of which everybody sees which side is up.
pub(crate) fn upright() -> DynamicImage {
    let (width, height) = SIDES;
    let quarter = |x: u32, y: u32| usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2);
    RgbImage::from_fn(width, height, |x, y| Rgb(QUARTERS[quarter(x, y)])).into()
}

/// All of them.
pub(crate) fn corpus() -> Vec<Sent> {
    let mut all: Vec<Sent> = taken().into_iter().map(|(name, bytes)| sent(name, bytes, None)).collect();
    all.extend((1..=8).map(|way| sent(&format!("orientation {way}"), turned(way), None)));
    all.extend(refused().into_iter().map(|(name, bytes, code)| sent(name, bytes, Some(code))));
    all
}

fn sent(name: &str, bytes: Vec<u8>, refusal: Option<&'static str>) -> Sent {
    Sent { name: name.to_owned(), bytes, refusal }
}

fn taken() -> Vec<(&'static str, Vec<u8>)> {
    let plain = upright();
    let jpeg = jpeg(&plain);
    let gray = DynamicImage::ImageLuma8(plain.to_luma8());
    let after = [jpeg.clone(), format!("<script>{SECRET}</script>PK\x03\x04").into_bytes()].concat();
    vec![
        ("plain JPEG", jpeg.clone()),
        ("place in EXIF", with_segment(&jpeg, 0xe1, &exif(1, SECRET))),
        (
            "words in XMP",
            with_segment(&jpeg, 0xe1, format!("http://ns.adobe.com/xap/1.0/\0{SECRET}").as_bytes()),
        ),
        ("a comment", with_segment(&jpeg, 0xfe, SECRET.as_bytes())),
        ("words in IPTC", with_segment(&jpeg, 0xed, format!("Photoshop 3.0\0{SECRET}").as_bytes())),
        ("a page behind a JPEG", after),
        ("wide colours", with_profile(&jpeg)),
        ("gray", encoded(&gray, ImageFormat::Jpeg)),
        ("CMYK", cmyk()),
        ("progressive", progressive(&plain)),
        ("plain PNG", encoded(&plain, ImageFormat::Png)),
        (
            "words in PNG",
            with_chunk(&encoded(&plain, ImageFormat::Png), *b"tEXt", format!("Comment\0{SECRET}").as_bytes()),
        ),
        ("EXIF in PNG", with_chunk(&encoded(&plain, ImageFormat::Png), *b"eXIf", &exif(1, SECRET)[6..])),
        ("16 bit", encoded(&DynamicImage::ImageRgb16(plain.to_rgb16()), ImageFormat::Png)),
        ("seen through", encoded(&DynamicImage::ImageRgba8(plain.to_rgba8()), ImageFormat::Png)),
        ("moving PNG", with_chunk(&encoded(&plain, ImageFormat::Png), *b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0])),
        ("WebP", encoded(&plain, ImageFormat::WebP)),
        ("11 megabytes", noise()),
        ("36 megapixels of nothing", blank_png((6_000, 6_000), 8, 2)),
    ]
}

fn refused() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let jpeg = jpeg(&upright());
    let png = encoded(&upright(), ImageFormat::Png);
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let named = |brand: &[u8]| [b"\0\0\0\x18ftyp", brand, b"\0\0\0\0mif1"].concat();
    vec![
        ("cut JPEG", half(&jpeg), "media.broken"),
        ("cut PNG", half(&png), "media.broken"),
        ("only a head", jpeg[..20].to_vec(), "media.broken"),
        ("a PNG that calls itself JPEG", [&[0xff, 0xd8, 0xff], &png[3..]].concat(), "media.broken"),
        ("256 megapixels of nothing", blank_png((16_000, 16_000), 8, 0), "media.large"),
        ("25 megapixels in 64 bit", blank_png((5_000, 5_100), 16, 6), "media.large"),
        ("1 × 65,500", stripe(1, 65_500), "media.large"),
        ("65,500 × 1", stripe(65_500, 1), "media.large"),
        ("1 × 1", stripe(1, 1), "media.small"),
        ("a JPEG that says 65,500 × 65,500", said_larger(&jpeg), "media.large"),
        ("a thousand scans", scanned_again(&upright(), 1_000), "media.broken"),
        ("GIF", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), "media.gif"),
        ("TIFF", b"II*\0\x08\0\0\0".to_vec(), "media.tiff"),
        ("HEIC", named(b"heic"), "media.heic"),
        ("AVIF", named(b"avif"), "media.avif"),
        ("a page", format!("<!doctype html><script>{SECRET}</script>").into_bytes(), "media.no-photo"),
        ("SVG", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), "media.no-photo"),
        ("an archive", b"PK\x03\x04".to_vec(), "media.no-photo"),
        ("zeros", vec![0; 10_000], "media.no-photo"),
    ]
}

/// A JPEG that has to be turned to be upright (TIFF's tag 274).
pub(crate) fn turned(way: u8) -> Vec<u8> {
    let mut image = upright();
    // The other way round.
    let back = match way {
        6 => 8,
        8 => 6,
        way => way,
    };
    image.apply_orientation(Orientation::from_exif(back).unwrap());
    with_segment(&jpeg(&image), 0xe1, &exif(way, SECRET))
}

pub(crate) fn jpeg(image: &DynamicImage) -> Vec<u8> {
    encoded(image, ImageFormat::Jpeg)
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// What no format makes smaller: a file as large as phones send.
fn noise() -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let image = RgbImage::from_fn(2_000, 1_900, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [one, two, three, _] = state.to_be_bytes();
        Rgb([one, two, three])
    });
    encoded(&image.into(), ImageFormat::Png)
}

fn progressive(image: &DynamicImage) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 90);
    encoder.set_progressive(true);
    let (width, height) = (u16::try_from(image.width()).unwrap(), u16::try_from(image.height()).unwrap());
    encoder.encode(image.as_bytes(), width, height, ColorType::Rgb).unwrap();
    file
}

fn cmyk() -> Vec<u8> {
    let (width, height) = (400_u16, 300_u16);
    let mut file = Vec::new();
    let pixels = [10, 200, 30, 40].repeat(usize::from(width) * usize::from(height));
    Encoder::new(&mut file, 90).encode(&pixels, width, height, ColorType::Cmyk).unwrap();
    file
}

/// One with sides that no photo has.
fn stripe(width: u16, height: u16) -> Vec<u8> {
    let mut file = Vec::new();
    let pixels = vec![90; usize::from(width) * usize::from(height)];
    Encoder::new(&mut file, 90).encode(&pixels, width, height, ColorType::Luma).unwrap();
    file
}

/// After the first two bytes.
fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, content, &jpeg[2..]].concat()
}

/// Display P3, as phones write it.
fn with_profile(jpeg: &[u8]) -> Vec<u8> {
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    with_segment(jpeg, 0xe2, &[b"ICC_PROFILE\0\x01\x01", profile.as_slice()].concat())
}

/// EXIF with an orientation, and a place in the camera's name and in the GPS directory.
fn exif(orientation: u8, place: &str) -> Vec<u8> {
    let mut text = place.as_bytes().to_vec();
    text.push(0);
    let length = u8::try_from(text.len()).unwrap();
    // TIFF 6.0, little-endian: three entries of twelve bytes, then the GPS directory with one, then the text.
    let entries: [[u8; 12]; 3] = [
        [0x0f, 1, 2, 0, length, 0, 0, 0, 68, 0, 0, 0],
        [0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0],
        [0x25, 0x88, 4, 0, 1, 0, 0, 0, 50, 0, 0, 0],
    ];
    let gps: [u8; 12] = [0x1d, 0, 2, 0, length, 0, 0, 0, 68, 0, 0, 0];
    let directory = [&[3, 0], entries.concat().as_slice(), &[0; 4]].concat();
    let gps = [&[1, 0], gps.as_slice(), &[0; 4]].concat();
    [b"Exif\0\0II*\0\x08\0\0\0", directory.as_slice(), &gps, &text].concat()
}

/// After the head of 33 bytes.
fn with_chunk(png: &[u8], kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    [&png[..33], chunk(kind, content).as_slice(), &png[33..]].concat()
}

fn chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(&kind);
    sum.update(content);
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length, kind.as_slice(), content, &sum.sum().to_be_bytes()].concat()
}

/// All zeros: small to send, large to hold.
fn blank_png((width, height): (u32, u32), depth: u8, colour: u8) -> Vec<u8> {
    let channels = match colour {
        0 => 1,
        2 => 3,
        _ => 4,
    };
    let line = 1 + width as usize * channels * usize::from(depth / 8);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    let empty = vec![0; line];
    for _ in 0..height {
        zlib.write_all(&empty).unwrap();
    }
    let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
    head.extend([depth, colour, 0, 0, 0]);
    let parts = [chunk(*b"IHDR", &head), chunk(*b"IDAT", &zlib.finish().unwrap()), chunk(*b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".as_slice(), &parts.concat()].concat()
}

/// The frame's head names other sides.
fn said_larger(jpeg: &[u8]) -> Vec<u8> {
    let mut larger = jpeg.to_vec();
    let frame = larger.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    larger[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    larger
}

/// A progressive JPEG of which one scan is there again and again: little to send, much to do.
fn scanned_again(image: &DynamicImage, times: usize) -> Vec<u8> {
    let jpeg = progressive(image);
    let last = jpeg.windows(2).rposition(|two| two == [0xff, 0xda]).unwrap();
    let end = jpeg.len() - 2;
    [&jpeg[..last], &jpeg[last..end].repeat(times), &jpeg[end..]].concat()
}
