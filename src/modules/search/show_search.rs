//! The page: the wishes as a form, and below it who is found. It begins with whom the member looks for.

use askama::Template;
use axum::extract::State;
use sqlx::query;

use super::SPEC;
use super::count::Matches;
use super::search_members::{self, SearchResult};
use super::search_query::SearchQuery;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::shared::cards::Card;
use crate::shared::facts::{Children, Choice, HEIGHT_MAX, HEIGHT_MIN, Language, LookingFor, Smoking};
use crate::shared::interests::GROUPS;
use crate::shared::people::{AGE_MAX, AGE_MIN, Gender, Ideal};
use crate::shared::places::{self, County};
use crate::web::answer::Page;
use crate::web::extract::Query;
use crate::web::form::FormState;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

#[derive(Template)]
#[template(path = "search/search.html")]
pub(super) struct SearchPage {
    shell: Layout,
    form: FormState,
    counties: &'static [County],
    /// Facts or interests are asked for, rightly or not: their inputs are open.
    more_open: bool,
    /// None where the wishes are refused.
    found: Option<FoundPart>,
}

struct FoundPart {
    cards: Vec<Card>,
    /// `12`, or `100+`; none on later pages.
    matches: Option<String>,
    hints: Vec<Way>,
    next: Option<String>,
    /// What was asked for, where nobody is like that.
    wishes: String,
}

/// A wish that can be left out.
struct Way {
    label: &'static str,
    matches: String,
    href: String,
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Query(mut asked): Query<SearchQuery>,
) -> Result<Page<SearchPage>, Failure> {
    if asked.is_blank() {
        asked = SearchQuery::of(&ideal(&ctx, &actor).await?);
    }
    let form = asked
        .fields()
        .into_iter()
        .fold(FormState::default(), |form, (name, value)| form.with(name, value.to_owned()));
    let ages = [("ageFrom", AGE_MIN), ("ageTo", AGE_MAX)].into_iter();
    let form =
        ages.fold(
            form,
            |form, (name, age)| {
                if form.value(name).is_empty() { form.with(name, age.to_string()) } else { form }
            },
        );
    let shell = shell.titled("Search");
    let more_open = asked.asks_for_more();
    let show = |form, found| SearchPage { shell, form, counties: places::counties(), more_open, found };
    match search_members::run(&ctx, &actor, &asked).await {
        Ok(found) => Ok(Page::new(show(form, Some(FoundPart::of(&asked, found))))),
        Err(failure) if failure.status().is_client_error() && asked.is_first_page() => {
            let form = form.refused(&failure);
            Ok(Page::again(show(form, None), &failure))
        }
        Err(failure) => Err(failure),
    }
}

impl FoundPart {
    fn of(asked: &SearchQuery, found: SearchResult) -> Self {
        let next = found.list.next.as_ref().map(|next| address(asked, &[], Some(next)));
        let hints = found.hints.iter().map(|hint| Way {
            label: hint.without.label(),
            matches: hint.matches.shown(),
            href: address(asked, hint.without.fields(), None),
        });
        let wishes = asked.parse().map(|filters| filters.in_words().join(" · "));
        Self {
            hints: hints.collect(),
            next,
            wishes: wishes.unwrap_or_default(),
            matches: found.matches.map(Matches::shown),
            cards: found.list.items.into_iter().map(|found| found.card).collect(),
        }
    }
}

/// The same search without some of its fields, or further on.
fn address(asked: &SearchQuery, without: &[&str], from: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new("/search?".to_owned());
    let fields = asked.fields().into_iter().filter(|(name, _)| !without.contains(name));
    query.extend_pairs(fields);
    if !asked.fields().iter().any(|(name, _)| *name == "sort") {
        // Where nothing at all is asked for, her ideal comes instead.
        query.append_pair("sort", "newest");
    }
    query.extend_pairs(from.map(|from| ("from", from)));
    query.finish()
}

/// Whom she looks for, as far as this module knows.
async fn ideal(ctx: &Context, actor: &Actor) -> Result<Ideal, Failure> {
    let row = query!(
        r#"select gender as "gender: Gender", youngest, oldest, place from search.ideal where member = $1"#,
        actor.id.uuid()
    )
    .fetch_optional(ctx.pool(&SPEC))
    .await?;
    row.map(|row| Ideal { gender: row.gender, from: row.youngest, to: row.oldest, place: row.place })
        .ok_or_else(Failure::not_found)
}
