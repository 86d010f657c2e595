//! The one list of all modules, and the contracts of those that are not built yet.

pub mod album;
pub mod alerts;
pub mod block;
pub mod chat;
pub mod diary;
pub mod draft;
pub mod favorite;
pub mod flirt;
pub mod ideal;
pub mod interest;
pub mod like;
pub mod media;
pub mod nav;
pub mod news;
pub mod online;
pub mod operations;
pub mod poll;
pub mod profile;
pub mod register;
pub mod review;
pub mod search;

use crate::kernel::module::{Module, Registry};
use crate::web::limits::Limits;

/// Every module, in the order in which summaries print them. `./r new` adds to it.
pub static ALL: &[&dyn Module] = &[
    &register::Register,
    &review::Review,
    &profile::Profile,
    &flirt::Flirt,
    &favorite::Favorite,
    &chat::Chat,
    &alerts::Alerts,
    &block::Block,
    &ideal::Ideal,
    &draft::Draft,
    &interest::Interest,
    &media::Media,
    &like::Like,
    &album::Album,
    &diary::Diary,
    &search::Search,
    &online::Online,
    &news::News,
    &nav::Nav,
    &poll::Poll,
    &operations::Operations,
    &Limits,
];

/// What all modules say of themselves.
pub fn registry() -> Registry {
    Registry::of(ALL)
}
