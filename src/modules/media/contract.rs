//! What other modules may know of `media`.

#![warn(missing_docs)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;

crate::typed_id! {
    /// A photo.
    PhotoId;
}

/// A member uploaded a photo. Nobody but her sees it until a reviewer has looked at it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhotoUploaded {
    /// Whose it is.
    pub member: MemberId,
    /// Which.
    pub photo: PhotoId,
    /// What is to be seen, in her words, for who cannot see it. Empty where she has said nothing.
    pub alt: String,
    /// Pixels of the largest size that is kept.
    pub width: i32,
    /// The same.
    pub height: i32,
    /// A few pixels of it, as a `data:` address: what a page shows until the photo has come.
    pub blur: String,
}

impl Event for PhotoUploaded {
    const NAME: &'static str = "photo-uploaded";
    const SOURCE: &'static str = "media";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} uploaded a photo", names.name(self.member))
    }
}

/// A member put her photos in an order, or some of them into her private album. The first that is approved and not private
/// is her portrait.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhotosArranged {
    /// Whose they are.
    pub member: MemberId,
    /// All that she has, the first one first.
    pub photos: Vec<PhotoId>,
    /// Those of them that are in her private album.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub private: Vec<PhotoId>,
}

impl Event for PhotosArranged {
    const NAME: &'static str = "photos-arranged";
    const SOURCE: &'static str = "media";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        let said = format!("{} arranged {} photos", names.name(self.member), self.photos.len());
        if self.private.is_empty() { said } else { format!("{said}, {} of them private", self.private.len()) }
    }
}

/// A photo is gone, for good.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhotoDeleted {
    /// Whose it was.
    pub member: MemberId,
    /// Which.
    pub photo: PhotoId,
}

impl Event for PhotoDeleted {
    const NAME: &'static str = "photo-deleted";
    const SOURCE: &'static str = "media";

    fn key(&self) -> MemberId {
        self.member
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} deleted a photo", names.name(self.member))
    }
}
