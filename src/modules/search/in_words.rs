//! The wishes of a search in words, for a page that found nobody.

use super::filters::Filters;
use crate::shared::facts::{Choice, HEIGHT_MAX, HEIGHT_MIN};
use crate::shared::people::{AGE_MAX, AGE_MIN, Gender};
use crate::shared::{interests, places};

impl Filters {
    /// Each wish, in the order of the form: "a woman", "26 to 30 years", "speaks Danish".
    pub(super) fn in_words(&self) -> Vec<String> {
        let gender = self.gender.map(|gender| match gender {
            Gender::Woman => "a woman".to_owned(),
            Gender::Man => "a man".to_owned(),
        });
        let ages = (self.from, self.to) != (AGE_MIN, AGE_MAX);
        let place = self.place.as_deref().map(|id| format!("lives in {}", places::label(id)));
        let ticked = [
            (self.online, "online now"),
            (self.photo, "with a photo"),
            (self.for_me, "looks for somebody like you"),
            (self.new, "new here"),
        ];
        let ticked = ticked.into_iter().filter(|(ticked, _)| *ticked).map(|(_, word)| word.to_owned());
        let names = self.interests.iter().filter_map(|id| interests::name(id));
        let likes = names.map(|name| format!("interested in {}", name.to_lowercase()));
        let first = [gender, ages.then(|| format!("{} to {} years", self.from, self.to)), place];
        first.into_iter().flatten().chain(ticked).chain(self.facts_in_words()).chain(likes).collect()
    }

    fn facts_in_words(&self) -> impl Iterator<Item = String> {
        let facts = &self.facts;
        let height = facts.height.map(|(from, to)| match (from, to) {
            (HEIGHT_MIN, HEIGHT_MAX) => "tells a height".to_owned(),
            (from, HEIGHT_MAX) => format!("{from} cm or taller"),
            (HEIGHT_MIN, to) => format!("{to} cm or smaller"),
            (from, to) => format!("{from} to {to} cm"),
        });
        let words = [
            facts.looking_for.map(|one| format!("hopes for {}", one.label())),
            facts.children.map(|one| one.label().to_owned()),
            facts.smoking.map(|one| one.label().to_owned()),
            facts.language.map(|one| format!("speaks {}", one.label())),
            height,
        ];
        words.into_iter().flatten()
    }
}
