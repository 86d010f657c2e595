//! A member's ignore list: who is on it and she see each other nowhere on the site.

mod block_member;
pub mod contract;
mod keep_blocks;
mod read_blocks;
mod unblock_member;

use crate::kit;
use crate::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::web::paging;

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

impl Module for Block {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        // Cards name those who are blocked; the list of pairs itself is here.
        at.listens(kit::cards::KeepCards::of(SPEC.schema, None));
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
        let block = Action::put("/block/{member}", Policy::Member, "blocks a member");
        at.json(block.refuses(&[block_member::SELF]), block_member::json);
        at.html(Action::post("/block/{nickname}", Policy::Member, "blocks a member"), block_member::form);
        at.json(Action::delete("/block/{member}", Policy::Member, "unblocks a member"), unblock_member::json);
        at.html(
            Action::post("/block/{nickname}/end", Policy::Member, "unblocks a member"),
            unblock_member::form,
        );
    }
}
