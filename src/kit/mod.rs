//! What many modules share: words of the domain, and the copies of people that they keep.

pub mod alerting;
pub mod blocks;
pub mod cards;
pub mod people;
pub mod places;
pub mod versions;

use crate::module::Registry;

pub use blocks::Sides;

/// Keeps a module's copies of member cards and blocked pairs (`schemas/kit`) true.
pub fn keep_people(at: &mut Registry) {
    keep(at, None, Sides::None);
}

/// The same for a live module: who sees something else of it then gets a new version. `wakes` finds those who
/// have something of a member that stayed hidden until her card came: `select member from … where … = any($1)`.
pub fn keep_people_live(at: &mut Registry, wakes: &'static str, sides: Sides) {
    keep(at, Some(wakes), sides);
}

fn keep(at: &mut Registry, wakes: Option<&'static str>, sides: Sides) {
    let schema = at.spec().schema;
    at.listens(cards::KeepCards::of(schema, wakes));
    at.listens(blocks::AddPair::of(schema, sides));
    at.listens(blocks::RemovePair::of(schema, sides));
}
