//! What the crate `picture` makes and refuses, in the site's words.

use picture::Refusal;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::kernel::failure::Failure;
use crate::kernel::problem::Problem;

/// The form's field.
pub(super) const FIELD: &str = "photo";

const NO_PHOTO: Problem =
    Problem::field("media.no-photo", "This is no photo that we can read. Send a JPEG, PNG or WebP file.");
const HEIC: Problem = Problem::field(
    "media.heic",
    "This is a HEIC file, which we cannot read. Send it as JPEG: on an iPhone, Settings, Camera, Formats, Most Compatible.",
);
const AVIF: Problem =
    Problem::field("media.avif", "This is an AVIF file, which we cannot read. Send it as JPEG, PNG or WebP.");
const GIF: Problem = Problem::field("media.gif", "This is a GIF file. Send a photo as JPEG, PNG or WebP.");
const TIFF: Problem = Problem::field("media.tiff", "This is a TIFF file. Send it as JPEG, PNG or WebP.");
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
pub(super) const REFUSALS: &[Problem] = &[NO_PHOTO, HEIC, AVIF, GIF, TIFF, BROKEN, SMALL, LARGE];

/// As the member reads it.
pub(super) fn refuse(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::NoPhoto => NO_PHOTO.at(FIELD),
        Refusal::Heic => HEIC.at(FIELD),
        Refusal::Avif => AVIF.at(FIELD),
        Refusal::Gif => GIF.at(FIELD),
        Refusal::Tiff => TIFF.at(FIELD),
        Refusal::Broken => BROKEN.at(FIELD),
        Refusal::Small => SMALL.at(FIELD),
        Refusal::Large => LARGE.at(FIELD),
    }
}

/// How large a photo is served ([`picture::Prints`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Size {
    /// A square of 320 pixels out of the middle.
    Card,
    /// At most 960 pixels on a side.
    Page,
    /// At most 1,920 pixels on a side.
    Screen,
}

impl Size {
    pub(super) const ALL: [Self; 3] = [Self::Card, Self::Page, Self::Screen];

    /// As it is called in an address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Page => "page",
            Self::Screen => "screen",
        }
    }
}
