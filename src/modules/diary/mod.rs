//! What a member did herself: whom she visited, flirted with, liked, marked, and let into her album. Only she sees it.

mod add_entries;
pub mod contract;
mod entry;
mod read_diary;

use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::modules::album::contract::{PrivateAlbumAccessGranted, PrivateAlbumAccessRevoked};
use crate::modules::favorite::contract::{FavoriteMarked, FavoriteUnmarked};
use crate::modules::flirt::contract::FlirtSent;
use crate::modules::like::contract::{PhotoLiked, PhotoUnliked};
use crate::modules::profile::contract::ProfileVisited;
use crate::shared;
use crate::shared::paging;

pub struct Diary;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "diary",
    schema: "diary",
    segments: &["diary"],
    purpose: "A member's own history: what she did, and to whom.",
    migrations: sqlx::migrate!("schemas/diary"),
    kit: &[Kit::People],
    owned: &[],
};

impl Module for Diary {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        shared::keep_people(at);
        shared::keep_portraits(at, 1, None);
        notes::<ProfileVisited>(at);
        notes::<FlirtSent>(at);
        notes::<PhotoLiked>(at);
        notes::<PhotoUnliked>(at);
        notes::<FavoriteMarked>(at);
        notes::<FavoriteUnmarked>(at);
        notes::<PrivateAlbumAccessGranted>(at);
        notes::<PrivateAlbumAccessRevoked>(at);

        let read = |path| Action::get(path, Policy::Member, "shows what she did");
        at.json(read("/diary").refuses(paging::REFUSALS), read_diary::json);
        at.html(read("/diary"), read_diary::page);
    }
}

fn notes<E: entry::Noted>(at: &mut Registry) {
    at.listens(add_entries::AddEntries::<E>::new());
}
