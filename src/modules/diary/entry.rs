//! Which events stand in a member's diary, and what they say there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::Event;
use crate::kernel::id::MemberId;
use crate::modules::album::contract::{PrivateAlbumAccessGranted, PrivateAlbumAccessRevoked};
use crate::modules::favorite::contract::{FavoriteMarked, FavoriteUnmarked};
use crate::modules::flirt::contract::FlirtSent;
use crate::modules::like::contract::{PhotoLiked, PhotoUnliked};
use crate::modules::media::contract::PhotoId;
use crate::modules::profile::contract::ProfileVisited;

/// What she did. As stored and as in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[sqlx(type_name = "text", rename_all = "kebab-case")]
#[schemars(rename = "DiaryKind")]
pub(super) enum Kind {
    Visit,
    Flirt,
    PhotoLiked,
    PhotoUnliked,
    FavoriteMarked,
    FavoriteUnmarked,
    AlbumOpened,
    AlbumClosed,
}

impl Kind {
    /// As in an address.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Flirt => "flirt",
            Self::PhotoLiked => "photo-liked",
            Self::PhotoUnliked => "photo-unliked",
            Self::FavoriteMarked => "favorite-marked",
            Self::FavoriteUnmarked => "favorite-unmarked",
            Self::AlbumOpened => "album-opened",
            Self::AlbumClosed => "album-closed",
        }
    }

    /// What stands before and after the other one's name.
    pub(super) fn sentence(self) -> (&'static str, &'static str) {
        match self {
            Self::Visit => ("You visited", ""),
            Self::Flirt => ("You flirted with", ""),
            Self::PhotoLiked => ("You liked a photo of", ""),
            Self::PhotoUnliked => ("You took back your like of a photo of", ""),
            Self::FavoriteMarked => ("You added", "to your favourites"),
            Self::FavoriteUnmarked => ("You removed", "from your favourites"),
            Self::AlbumOpened => ("You opened your private album to", ""),
            Self::AlbumClosed => ("You closed your private album to", ""),
        }
    }
}

/// An event, as it stands in the diary of the one who did it.
pub(super) struct Entry {
    pub(super) member: MemberId,
    pub(super) other: MemberId,
    pub(super) photo: Option<PhotoId>,
}

impl Entry {
    fn of(member: MemberId, other: MemberId) -> Self {
        Self { member, other, photo: None }
    }
}

/// An event that stands in a diary.
pub(super) trait Noted: Event {
    const KIND: Kind;
    fn entry(&self) -> Entry;
}

impl Noted for ProfileVisited {
    const KIND: Kind = Kind::Visit;
    fn entry(&self) -> Entry {
        Entry::of(self.visitor, self.member)
    }
}

impl Noted for FlirtSent {
    const KIND: Kind = Kind::Flirt;
    fn entry(&self) -> Entry {
        Entry::of(self.from, self.to)
    }
}

impl Noted for PhotoLiked {
    const KIND: Kind = Kind::PhotoLiked;
    fn entry(&self) -> Entry {
        Entry { photo: Some(self.photo), ..Entry::of(self.member, self.owner) }
    }
}

impl Noted for PhotoUnliked {
    const KIND: Kind = Kind::PhotoUnliked;
    fn entry(&self) -> Entry {
        Entry { photo: Some(self.photo), ..Entry::of(self.member, self.owner) }
    }
}

impl Noted for FavoriteMarked {
    const KIND: Kind = Kind::FavoriteMarked;
    fn entry(&self) -> Entry {
        Entry::of(self.member, self.favorite)
    }
}

impl Noted for FavoriteUnmarked {
    const KIND: Kind = Kind::FavoriteUnmarked;
    fn entry(&self) -> Entry {
        Entry::of(self.member, self.favorite)
    }
}

impl Noted for PrivateAlbumAccessGranted {
    const KIND: Kind = Kind::AlbumOpened;
    fn entry(&self) -> Entry {
        Entry::of(self.owner, self.member)
    }
}

impl Noted for PrivateAlbumAccessRevoked {
    const KIND: Kind = Kind::AlbumClosed;
    fn entry(&self) -> Entry {
        Entry::of(self.owner, self.member)
    }
}
