//! What other modules may know of `media`.

#![warn(missing_docs)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;
use crate::modules::like::contract::PhotoId;

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
