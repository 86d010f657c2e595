//! A member's ignore list: who is on it and she see each other nowhere on the site.

mod block_member;
pub mod contract;
mod keep_blocks;
mod read_blocks;
mod unblock_member;

use std::time::Duration;

use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::shared;
use crate::shared::paging;

pub struct Block;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "block",
    schema: "block",
    segments: &["block"],
    purpose: "A member's ignore list, which takes effect everywhere.",
    migrations: sqlx::migrate!("schemas/block"),
    kit: &[Kit::People],
    owned: &[],
};

const DAY: Duration = Duration::from_hours(24);

impl Module for Block {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        // Cards name those who are blocked; the list of pairs itself is here.
        shared::keep_cards(at, None);
        at.publishes::<contract::MemberBlocked>();
        at.publishes::<contract::MemberUnblocked>();
        at.listens(keep_blocks::AddBlock);
        at.listens(keep_blocks::RemoveBlock);

        let read = |path| {
            Action::get(path, Policy::Member, "shows whom she has blocked")
                .despite_blocks("it is her own list of whom she has blocked")
        };
        at.json(read("/block").refuses(paging::REFUSALS), read_blocks::json);
        at.html(read("/block"), read_blocks::page);
        let block = |action: Action| action.limited("blocks", 300, DAY);
        let put = block(Action::put("/block/{member}", Policy::Member, "blocks a member"));
        at.json(put.refuses(&[block_member::SELF]), block_member::json);
        let post = Action::post("/block/{nickname}", Policy::Member, "blocks a member");
        at.html(block(post), block_member::form);
        // Only taking it back is scarce: who goes to and fro runs out of that, and is left with the block.
        let end = |action: Action| action.limited("unblocks", 50, DAY);
        let delete = Action::delete("/block/{member}", Policy::Member, "unblocks a member");
        at.json(end(delete), unblock_member::json);
        let post = Action::post("/block/{nickname}/end", Policy::Member, "unblocks a member");
        at.html(end(post), unblock_member::form);
    }
}
