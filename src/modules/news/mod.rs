//! What interesting members did: who joined, has a new photo, or wrote about herself. Interesting is whom a reader's
//! ideal fits. A story is one row, whoever reads it; a feed is a walk over those that fit.

mod ack_news;
mod add_stories;
pub mod contract;
mod count_news;
mod explain;
mod hide_stories;
mod keep_ideals;
mod keep_mark;
mod read_news;
mod remove_stories;
mod stories;
mod walk_stories;

pub use explain::{Asked, Explained, explain};

use crate::kernel::module::{Action, Kit, Module, ModuleSpec, Policy, Registry};
use crate::shared::paging;
use crate::shared::{self, Wakes};

pub struct News;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "news",
    schema: "news",
    segments: &["news"],
    purpose: "What members did whom a member looks for, with what is new to her.",
    migrations: sqlx::migrate!("schemas/news"),
    kit: &[Kit::People, Kit::SharedVersions],
    owned: &["shard"],
};

/// Of a pair who blocks, if she looks for what the other one is, and he has done something; he must not notice. Ages
/// are left out: whether one fits depends on the day. She may hear of a block that changes nothing then, as she hears
/// of stories of other ages.
const WAKES: Wakes = Wakes {
    // Whose card comes gets her ideal with it; what waited for the card is told to all who look for her.
    cards: "select member from news.ideal where member = any($1)",
    pairs: "select i.member from unnest($1::uuid[], $2::uuid[]) as pair (blocker, blocked)
            join news.ideal i on i.member = pair.blocker
            where exists (select from news.story s where s.member = pair.blocked and s.gender = i.gender
                                                     and i.place in ('', s.county, s.town))",
};

impl Module for News {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn register(&self, at: &mut Registry) {
        // Cards come first: stories take from them what ideals ask for.
        shared::keep_people_live(at, WAKES);
        shared::keep_portraits(at, 1, None);
        at.listens(add_stories::AddJoined);
        at.listens(add_stories::AddPhotoStories);
        at.listens(add_stories::AddPresentations);
        at.listens(remove_stories::RemoveDeleted);
        at.listens_since(3, remove_stories::RemoveRejected);
        // After the portraits: these say which photos are private.
        at.listens_since(3, hide_stories::HideStories);
        at.listens(keep_ideals::KeepFirst);
        at.listens(keep_ideals::KeepUpdated);
        at.counts_stories(count_news::NewStories);

        at.publishes::<contract::NewsRead>();
        at.listens(keep_mark::KeepMark);

        let read = |path| Action::get(path, Policy::Member, "shows what members did whom she looks for");
        at.json(read("/news").refuses(paging::REFUSALS), read_news::json);
        at.html(read("/news"), read_news::page);
        let ack = |path| Action::post(path, Policy::Member, "marks news as read");
        at.json(ack("/news/ack").refuses(&[ack_news::UNKNOWN]), ack_news::json);
        at.html(ack("/news/ack"), ack_news::form);
    }
}
