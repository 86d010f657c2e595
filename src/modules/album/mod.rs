//! A member's private album: who asked to see it, whom she let in, and what is in it. Which photos are private says `media`.

mod ask_access;
pub mod contract;
mod decline_access;
mod grant_access;
mod keep_asks;
mod list_access;
mod pair;
mod read_album;
mod revoke_access;

use std::time::Duration;

use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::shared;
use crate::shared::paging;

pub struct Album;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "album",
    schema: "album",
    segments: &["album"],
    purpose: "Private albums: opened to one member at a time, and taken back.",
    migrations: sqlx::migrate!("schemas/album"),
    kit: &[Kit::People, Kit::Access],
    owned: &[],
};

const DAY: Duration = Duration::from_hours(24);

impl Module for Album {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        shared::keep_people(at);
        shared::keep_portraits(at, 1, None);
        shared::keep_access(at, 1);
        at.publishes::<contract::PrivateAlbumAccessAsked>();
        at.publishes::<contract::PrivateAlbumAccessGranted>();
        at.publishes::<contract::PrivateAlbumAccessRevoked>();
        at.publishes::<contract::PrivateAlbumAccessDeclined>();
        at.listens(keep_asks::AddAsks);
        at.listens(keep_asks::RemoveAsks);
        at.listens(keep_asks::DeclineAsks);

        let list = |path| {
            Action::get(path, Policy::Member, "lists who asked to see her private album, and who sees it")
        };
        at.json(list("/album/access").refuses(paging::REFUSALS), list_access::json);
        at.html(list("/album"), list_access::page);
        at.json(
            Action::get("/album/{member}", Policy::Member, "shows the private photos of who has let her in"),
            read_album::json,
        );
        // Each ask alerts the owner of the album.
        let ask = |path| {
            Action::post(path, Policy::Member, "asks to see a private album")
                .limited("asks", 30, DAY)
                .refuses(&[ask_access::SELF, ask_access::EMPTY])
        };
        at.json(ask("/album/access/{member}/ask"), ask_access::json);
        at.html(ask("/album/{nickname}/ask"), ask_access::form);
        let grant = |action: Action| action.limited("openings", 100, DAY).refuses(&[grant_access::SELF]);
        let grants = "opens her private album to a member";
        at.json(grant(Action::put("/album/access/{member}", Policy::Member, grants)), grant_access::json);
        at.html(grant(Action::post("/album/{nickname}/open", Policy::Member, grants)), grant_access::form);
        let revokes = "closes her private album to a member";
        at.json(Action::delete("/album/access/{member}", Policy::Member, revokes), revoke_access::json);
        at.html(Action::post("/album/{nickname}/close", Policy::Member, revokes), revoke_access::form);
        let declines = "declines what a member has asked";
        at.json(Action::delete("/album/access/{member}/ask", Policy::Member, declines), decline_access::json);
        at.html(Action::post("/album/{nickname}/decline", Policy::Member, declines), decline_access::form);
    }
}
