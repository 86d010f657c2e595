//! What many modules share: words of the domain, and the copies of people that they keep.

pub mod blocks;
pub mod cards;
pub mod people;
pub mod places;

use crate::module::Registry;

/// Keeps a module's copies of member cards and blocked pairs (`schemas/kit`) true.
pub fn keep_people(at: &mut Registry) {
    let schema = at.spec().schema;
    at.listens(cards::KeepCards::of(schema));
    at.listens(blocks::AddPair::of(schema));
    at.listens(blocks::RemovePair::of(schema));
}
