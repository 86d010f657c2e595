//! Photos as a profile shows them: small ones in a row, and each by itself in a viewer that leads to the one before and the
//! one after.

use crate::modules::media::contract::PhotoId;

/// One of them, with its place among the others.
pub(super) struct Shown {
    pub(super) photo: PhotoId,
    /// In her words, or which one of whom it is.
    pub(super) words: String,
    /// In her words, or which one of how many it is.
    pub(super) caption: String,
    pub(super) before: Option<PhotoId>,
    pub(super) after: Option<PhotoId>,
    /// Whether the reader likes it, where photos are liked.
    pub(super) liked: Option<bool>,
}

/// Photos with her words and whether the reader likes each, in their order.
pub(super) fn gallery(
    nickname: &str,
    photos: impl ExactSizeIterator<Item = (PhotoId, String, Option<bool>)>,
) -> Vec<Shown> {
    let count = photos.len();
    let mut shown: Vec<Shown> = Vec::with_capacity(count);
    for (number, (photo, alt, liked)) in (1..).zip(photos) {
        let (words, caption) = if alt.is_empty() {
            (format!("Photo {number} of {nickname}"), format!("{number} of {count}"))
        } else {
            (alt.clone(), alt)
        };
        let before = shown.last_mut().map(|last| {
            last.after = Some(photo);
            last.photo
        });
        shown.push(Shown { photo, words, caption, before, after: None, liked });
    }
    shown
}
