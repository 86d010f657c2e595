//! What other modules may know of `album`.

#![warn(missing_docs)]

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;

/// Who has asked may ask the same owner again after this, whatever the owner has said: nothing tells the asker that it was
/// declined.
pub const ASK_AGAIN: TimeDelta = TimeDelta::days(30);

/// A member asked another to open her private album.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrivateAlbumAccessAsked {
    /// Whose album.
    pub owner: MemberId,
    /// Who wants to see it.
    pub member: MemberId,
}

impl Event for PrivateAlbumAccessAsked {
    const NAME: &'static str = "private-album-access-asked";
    const SOURCE: &'static str = "album";

    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.owner, self.member]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} asked to see the private album of {}", names.name(self.member), names.name(self.owner))
    }
}

/// A member declined what another had asked. The asker is not told.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrivateAlbumAccessDeclined {
    /// Whose album.
    pub owner: MemberId,
    /// Who had asked.
    pub member: MemberId,
}

impl Event for PrivateAlbumAccessDeclined {
    const NAME: &'static str = "private-album-access-declined";
    const SOURCE: &'static str = "album";

    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.owner, self.member]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} kept the private album closed to {}", names.name(self.owner), names.name(self.member))
    }
}

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
