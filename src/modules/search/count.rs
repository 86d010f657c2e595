//! How many match, up to a bound, and which wish keeps most of them away when few do.

use schemars::JsonSchema;
use serde::Serialize;

use super::filters::Filters;
use super::walk_members::{COUNT_MAX, COUNTED, Walk, Walked};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::shared::paging::PageQuery;
use crate::shared::people::{AGE_MAX, AGE_MIN};
use crate::web::visitor::Actor;

/// Whoever finds fewer is told what to leave out.
const FEW: i64 = 10;

/// How many match.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Matches {
    /// At most 100.
    pub count: i64,
    /// True where there may be more than that: no more members are looked at than the page needs.
    pub or_more: bool,
}

impl Matches {
    pub(super) fn of(walked: &Walked) -> Self {
        let count = walked.matches.min(COUNT_MAX);
        Self { count, or_more: walked.end.is_some() || walked.matches > COUNT_MAX }
    }

    /// `12`, or `100+`.
    pub(super) fn shown(self) -> String {
        if self.or_more { format!("{}+", self.count) } else { self.count.to_string() }
    }

    pub(super) fn are_few(self) -> bool {
        self.count < FEW && !self.or_more
    }
}

/// What a search would find without one of its wishes.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Hint {
    /// Which wish.
    pub without: Wish,
    pub matches: Matches,
}

/// A wish that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Wish {
    Gender,
    /// Both ends of it.
    Age,
    Place,
    Online,
    Photo,
    ForMe,
    New,
    LookingFor,
    Children,
    Smoking,
    Language,
    /// Both ends of it.
    Height,
    /// All of them.
    Interests,
}

impl Wish {
    const ALL: [Self; 13] = [
        Self::Gender,
        Self::Age,
        Self::Place,
        Self::Online,
        Self::Photo,
        Self::ForMe,
        Self::New,
        Self::LookingFor,
        Self::Children,
        Self::Smoking,
        Self::Language,
        Self::Height,
        Self::Interests,
    ];

    /// As a page says it.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Gender => "the gender",
            Self::Age => "the ages",
            Self::Place => "the place",
            Self::Online => "“online now”",
            Self::Photo => "“with a photo”",
            Self::ForMe => "“looks for somebody like me”",
            Self::New => "“new here”",
            Self::LookingFor => "what they hope for",
            Self::Children => "the children",
            Self::Smoking => "the smoking",
            Self::Language => "the language",
            Self::Height => "the height",
            Self::Interests => "the interests",
        }
    }

    /// Its inputs.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Gender => &["gender"],
            Self::Age => &["ageFrom", "ageTo"],
            Self::Place => &["place"],
            Self::Online => &["online"],
            Self::Photo => &["photo"],
            Self::ForMe => &["forMe"],
            Self::New => &["new"],
            Self::LookingFor => &["lookingFor"],
            Self::Children => &["children"],
            Self::Smoking => &["smoking"],
            Self::Language => &["language"],
            Self::Height => &["heightFrom", "heightTo"],
            Self::Interests => &["interest", "interest2", "interest3"],
        }
    }

    /// The same search without it, if it is in there.
    fn left_out_of(self, filters: &Filters) -> Option<Filters> {
        let mut others = filters.clone();
        match self {
            Self::Gender => others.gender = None,
            Self::Age => (others.from, others.to) = (AGE_MIN, AGE_MAX),
            Self::Place => others.place = None,
            Self::Online => others.online = false,
            Self::Photo => others.photo = false,
            Self::ForMe => others.for_me = false,
            Self::New => others.new = false,
            Self::LookingFor => others.facts.looking_for = None,
            Self::Children => others.facts.children = None,
            Self::Smoking => others.facts.smoking = None,
            Self::Language => others.facts.language = None,
            Self::Height => others.facts.height = None,
            Self::Interests => others.interests = Vec::new(),
        }
        (others != *filters).then_some(others)
    }
}

/// Each wish without which more would match, the greatest hindrance first.
pub(super) async fn hints(
    ctx: &Context,
    actor: &Actor,
    filters: &Filters,
    found: Matches,
) -> Result<Vec<Hint>, Failure> {
    let mut hints = Vec::new();
    let (paging, now) = (PageQuery::default().parse()?, ctx.now());
    for wish in Wish::ALL {
        let Some(filters) = wish.left_out_of(filters) else { continue };
        let walk = Walk { viewer: actor.id, filters: &filters, paging, now, count: COUNTED };
        let matches = Matches::of(&walk.until(ctx, COUNTED).await?);
        if matches.count > found.count {
            hints.push(Hint { without: wish, matches });
        }
    }
    hints.sort_by_key(|hint| std::cmp::Reverse(hint.matches.count));
    Ok(hints)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::paging::Cursor;

    #[test]
    fn counts_end_at_a_hundred_or_where_nobody_looked() {
        let shown = |matches, end| Matches::of(&Walked { found: Vec::new(), end, matches }).shown();
        assert_eq!(shown(100, None), "100");
        assert_eq!(shown(COUNTED, None), "100+");
        assert_eq!(shown(30, Some(Cursor::newest())), "30+");
    }
}
