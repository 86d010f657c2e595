//! The front page: what the site is, for strangers; who is new, for members.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::list_profiles;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::shared::cards::Card;
use crate::shared::paging::PageQuery;
use crate::web::answer::{Page, SeeOther};
use crate::web::extract::Query;
use crate::web::layout::Layout;
use crate::web::visitor::{self, Actor};

#[derive(Template)]
#[template(path = "profile/home.html")]
struct HomePage {
    shell: Layout,
}

#[derive(Template)]
#[template(path = "profile/start.html")]
struct StartPage {
    shell: Layout,
    newest: Vec<Card>,
    next: Option<String>,
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Option<Actor>,
    shell: Layout,
    Query(asked): Query<PageQuery>,
) -> Result<Response, Failure> {
    let Some(actor) = actor else { return Ok(Page::new(HomePage { shell }).into_response()) };
    if actor.state != visitor::State::Approved {
        return Ok(SeeOther::to("/welcome").into_response());
    }
    let list = list_profiles::run(&ctx, &actor, &asked).await?;
    let next = list.next_page("/");
    let newest = list.items.into_iter().map(|newest| newest.card).collect();
    Ok(Page::new(StartPage { shell, newest, next }).into_response())
}
