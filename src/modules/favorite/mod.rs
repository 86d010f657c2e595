//! A member's own list of favourites, with the day on which each was last here. Nobody on it is told.

pub mod contract;
mod keep_favorites;
mod keep_seen;
mod list_favorites;
mod mark_favorite;
mod unmark_favorite;

use std::time::Duration;

use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::shared;
use crate::shared::paging;

pub struct Favorite;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "favorite",
    schema: "favorite",
    segments: &["favorite"],
    purpose: "A member's own list of favourites, and when each was last here.",
    migrations: sqlx::migrate!("schemas/favorite"),
    kit: &[Kit::People],
    owned: &["seen"],
};

const DAY: Duration = Duration::from_hours(24);

impl Module for Favorite {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        shared::keep_people(at);
        shared::keep_portraits(at, 1, None);
        at.listens(keep_seen::KeepSeen);
        at.publishes::<contract::FavoriteMarked>();
        at.listens(keep_favorites::AddFavorite);
        at.publishes::<contract::FavoriteUnmarked>();
        at.listens(keep_favorites::RemoveFavorite);

        let list = |path| Action::get(path, Policy::Member, "lists her favourites");
        at.json(list("/favorite").refuses(paging::REFUSALS), list_favorites::json);
        at.html(list("/favorite"), list_favorites::page);
        // Who goes to and fro needs both: one of them is scarce.
        let mark = |action: Action| action.limited("favourites", 300, DAY);
        let marks = "marks a favourite";
        let refusals = &[mark_favorite::SELF, mark_favorite::FULL];
        at.json(
            mark(Action::put("/favorite/{member}", Policy::Member, marks)).refuses(refusals),
            mark_favorite::json,
        );
        at.html(mark(Action::post("/favorite/{nickname}", Policy::Member, marks)), mark_favorite::form);
        let unmark = "removes a favourite";
        at.json(Action::delete("/favorite/{member}", Policy::Member, unmark), unmark_favorite::json);
        at.html(Action::post("/favorite/{nickname}/remove", Policy::Member, unmark), unmark_favorite::form);
    }
}
