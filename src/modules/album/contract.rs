//! What other modules may know of `album`.

#![warn(missing_docs)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;

/// A member opened her private album to another.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrivateAlbumAccessGranted {
    /// Whose album.
    pub owner: MemberId,
    /// Who may see it now.
    pub member: MemberId,
}

impl Event for PrivateAlbumAccessGranted {
    const NAME: &'static str = "private-album-access-granted";
    const SOURCE: &'static str = "album";

    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.owner, self.member]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} opened the private album to {}", names.name(self.owner), names.name(self.member))
    }
}

/// A member closed her private album to another, who had seen it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrivateAlbumAccessRevoked {
    /// Whose album.
    pub owner: MemberId,
    /// Who may see it no longer.
    pub member: MemberId,
}

impl Event for PrivateAlbumAccessRevoked {
    const NAME: &'static str = "private-album-access-revoked";
    const SOURCE: &'static str = "album";

    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.owner, self.member]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} closed the private album to {}", names.name(self.owner), names.name(self.member))
    }
}
