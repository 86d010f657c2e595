//! What other modules may know of `like`.

#![warn(missing_docs)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;
use crate::modules::media::contract::PhotoId;

/// A member likes a photo of another.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhotoLiked {
    /// Who likes it.
    pub member: MemberId,
    /// Which.
    pub photo: PhotoId,
    /// Whose it is.
    pub owner: MemberId,
}

impl Event for PhotoLiked {
    const NAME: &'static str = "photo-liked";
    const SOURCE: &'static str = "like";

    fn key(&self) -> MemberId {
        self.owner
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.member, self.owner]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} liked a photo of {}", names.name(self.member), names.name(self.owner))
    }
}

/// The like is taken back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhotoUnliked {
    /// Who had liked it.
    pub member: MemberId,
    /// Which.
    pub photo: PhotoId,
    /// Whose it is.
    pub owner: MemberId,
}

impl Event for PhotoUnliked {
    const NAME: &'static str = "photo-unliked";
    const SOURCE: &'static str = "like";

    fn key(&self) -> MemberId {
        self.owner
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.member, self.owner]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} no longer likes a photo of {}", names.name(self.member), names.name(self.owner))
    }
}
