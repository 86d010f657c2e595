//! What other modules may know of `favorite`.

#![warn(missing_docs)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::event::{Event, Names};
use crate::kernel::id::MemberId;

/// A member put another on her list of favourites. Only she knows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FavoriteMarked {
    /// Whose list.
    pub member: MemberId,
    /// Who is on it now.
    pub favorite: MemberId,
}

impl Event for FavoriteMarked {
    const NAME: &'static str = "favorite-marked";
    const SOURCE: &'static str = "favorite";

    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.member, self.favorite]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} added {} to favorites", names.name(self.member), names.name(self.favorite))
    }
}

/// A member took another off her list of favourites.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FavoriteUnmarked {
    /// Whose list.
    pub member: MemberId,
    /// Who is no longer on it.
    pub favorite: MemberId,
}

impl Event for FavoriteUnmarked {
    const NAME: &'static str = "favorite-unmarked";
    const SOURCE: &'static str = "favorite";

    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.member, self.favorite]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} removed {} from favorites", names.name(self.member), names.name(self.favorite))
    }
}
