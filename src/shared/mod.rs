//! What many modules share: words of the domain, and the copies of people that they keep.

pub mod access;
pub mod alerting;
pub mod blocks;
pub mod bounded_scan;
pub mod calendar;
pub mod cards;
pub mod exclusions;
pub mod facts;
pub mod ideals;
pub mod interests;
pub mod paging;
pub mod passwords;
pub mod people;
pub mod photos;
pub mod places;
pub mod reports;
pub mod text;
pub mod versions;

use crate::kernel::module::Registry;

/// Finds those who see something else of a live module, so that they get a new version of it: nobody who sees the
/// same as before, or she would notice that somebody has blocked her.
#[derive(Debug, Clone, Copy)]
pub struct Wakes {
    /// When the cards of the members in `$1` have come: who has something of theirs, which stayed hidden until then.
    pub cards: &'static str,
    /// When the blockers in `$1` have blocked or unblocked the members in `$2`, pair by pair: of the blockers only.
    /// What the blocked ones no longer see, they miss the next time they look.
    pub pairs: &'static str,
}

/// Keeps the portraits on a module's cards true. For modules that show whole cards; `since` is the version of its
/// subscriptions that brought it ([`Registry::listens_since`]).
pub fn keep_portraits(at: &mut Registry, since: i32, wakes: Option<Wakes>) {
    let (schema, wakes) = (at.spec().schema, wakes.map(|wakes| wakes.cards));
    at.listens_since(since, photos::AddPhotos::of(schema, wakes));
    at.listens_since(3, photos::TakeBackPhotos::of(schema, wakes));
    at.listens(photos::RemovePhotos::of(schema, wakes));
    at.listens_since(3, photos::ArrangePhotos::of(schema, wakes));
}

/// Keeps a module's copy of who may see whose private album (`schemas/access`) true. It ends with a block: the module reads
/// those already, and `since` is the version of that subscription ([`Registry::listens_since`]).
pub fn keep_access(at: &mut Registry, since: i32) {
    let schema = at.spec().schema;
    at.listens(access::GrantAccess::of(schema));
    at.listens(access::RevokeAccess::of(schema));
    at.listens_since(since, access::BlockAccess::of(schema));
}

/// Keeps a module's copies of member cards and blocked pairs (`schemas/kit`) true.
pub fn keep_people(at: &mut Registry) {
    keep(at, None);
}

/// The same for a live module.
pub fn keep_people_live(at: &mut Registry, wakes: Wakes) {
    keep(at, Some(wakes));
}

/// Keeps a module's copies of member cards true. `wakes` as in [`Wakes::cards`].
pub fn keep_cards(at: &mut Registry, wakes: Option<&'static str>) {
    let schema = at.spec().schema;
    at.listens(cards::KeepCards::of(schema, wakes));
    at.listens_since(3, exclusions::HideCards::of(schema, wakes));
    at.listens_since(3, exclusions::ShowCards::of(schema, wakes));
}

fn keep(at: &mut Registry, wakes: Option<Wakes>) {
    let schema = at.spec().schema;
    let pairs = wakes.map(|wakes| wakes.pairs);
    keep_cards(at, wakes.map(|wakes| wakes.cards));
    at.listens(blocks::AddPair::of(schema, pairs));
    at.listens(blocks::RemovePair::of(schema, pairs));
}
