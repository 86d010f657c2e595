//! A member's profile, as another member may see it. Who is blocked either way gets a 404.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use super::fact_lines::{FactLine, fact_lines};
use super::gallery::{Shown, gallery};
use super::interests::{self, ProfileInterest};
use super::private_album::{self, AlbumState, PrivateAlbum};
use super::record_visit::{self, Look};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::modules::media::contract::PhotoId;
use crate::shared::calendar;
use crate::shared::cards::{self, Card, CardRow};
use crate::shared::facts::Facts;
use crate::shared::facts::keep::told_by;
use crate::shared::people::{Gender, Ideal};
use crate::web::answer::{Json, Page};
use crate::web::extract::Path;
use crate::web::layout::Layout;
use crate::web::left::Left;
use crate::web::visitor::Actor;
use crate::web::when;

/// Photos of one member on her profile. She may have 20.
const PHOTOS_MAX: i64 = 20;

/// A photo on a profile.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ProfilePhoto {
    photo: PhotoId,
    /// True if the reader likes it.
    liked: bool,
    /// What is to be seen, in her words; empty where she has said nothing.
    alt: String,
}

/// What a profile says.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Profile {
    #[serde(flatten)]
    card: Card,
    ideal: Ideal,
    /// None before a first one is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    presentation: Option<String>,
    /// Member since.
    since: DateTime<Utc>,
    /// The day on which she was last here; the hour is nobody's business.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<NaiveDate>,
    /// True while the reader's flirt waits for an answer.
    flirted: bool,
    /// True while she is on the reader's list of favourites.
    favorite: bool,
    /// Those that are approved and not private, the portrait first.
    photos: Vec<ProfilePhoto>,
    /// None where she has no private photo that is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    private_album: Option<PrivateAlbum>,
    /// What she tells of herself.
    facts: Facts,
    /// What of it the reader tells of himself, too.
    in_common: Facts,
    /// What she likes to do: first what the reader picked, too.
    interests: Vec<ProfileInterest>,
}

async fn run(ctx: &Context, actor: &Actor, member: MemberId) -> Result<Profile, Failure> {
    let row = query!(
        r#"select c as "card!: CardRow", p.at, s.day as "seen?",
                  t.text as "text?",
                  coalesce(i.gender, p.ideal_gender) as "ideal_gender!: Gender",
                  coalesce(i.from_age, p.ideal_from) as "ideal_from!", coalesce(i.to_age, p.ideal_to) as "ideal_to!",
                  -- Anywhere is a place, too.
                  case when i.member is null then p.ideal_place else i.place end as "ideal_place?",
                  exists (select from profile.flirted f where f.sender = $1 and f.receiver = $2) as "flirted!",
                  exists (select from profile.favorite f where f.member = $1 and f.favorite = $2) as "favorite!",
                  array(select h.photo from profile.photo h
                        where h.member = $2 and h.approved is not null and not h.deleted and not h.private
                        order by h.place nulls last, h.approved, h.photo limit $3) as "photos!: Vec<PhotoId>",
                  array(select h.alt from profile.photo h
                        where h.member = $2 and h.approved is not null and not h.deleted and not h.private
                        order by h.place nulls last, h.approved, h.photo limit $3) as "alts!",
                  array(select l.photo from profile.liked l join profile.photo h on h.photo = l.photo
                        where l.member = $1
                          and h.member = $2 and h.approved is not null and not h.deleted
                          and not h.private) as "liked!: Vec<PhotoId>",
                  exists (select from profile.photo h
                          where h.member = $2 and h.approved is not null and not h.deleted and h.private) as "has_album!"
           from profile.card c
           join profile.profile p on p.member = c.member
           left join profile.presentation t on t.member = c.member
           left join profile.seen s on s.member = c.member
           left join profile.ideal i on i.member = c.member
           where c.member = $2
             and not exists (select from profile.blocked_pair b where b.viewer = $1 and b.other = $2)"#,
        actor.id.uuid(),
        member.uuid(),
        PHOTOS_MAX
    )
    .fetch_optional(ctx.pool(&SPEC))
    .await?
    .ok_or_else(Failure::not_found)?;
    let private_album =
        if row.has_album { Some(private_album::read(ctx, actor.id, member).await?) } else { None };
    let [facts, own] = told_by(ctx.pool(&SPEC), &SPEC, [member, actor.id]).await?;
    let interests = interests::of(ctx, actor, member).await?;
    Ok(Profile {
        private_album,
        interests,
        in_common: if actor.id == member { Facts::default() } else { facts.in_common(&own) },
        facts,
        card: row.card.card(ctx, actor.id),
        ideal: Ideal {
            gender: row.ideal_gender,
            from: row.ideal_from,
            to: row.ideal_to,
            place: row.ideal_place,
        },
        presentation: row.text,
        since: row.at,
        last_seen: row.seen,
        flirted: row.flirted,
        favorite: row.favorite,
        photos: row
            .photos
            .into_iter()
            .zip(row.alts)
            .map(|(photo, alt)| ProfilePhoto { photo, liked: row.liked.contains(&photo), alt })
            .collect(),
    })
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(member): Path<MemberId>,
    method: Method,
    headers: HeaderMap,
) -> Result<Json<Profile>, Failure> {
    let profile = run(&ctx, &actor, member).await?;
    record_visit::after(&ctx, actor.id, member, &Look { method: &method, headers: &headers });
    Ok(Json(profile))
}

#[derive(Template)]
#[template(path = "profile/member.html")]
pub(super) struct ProfilePage {
    shell: Layout,
    card: Card,
    presentation: Option<String>,
    ideal: String,
    since: String,
    last_seen: Option<String>,
    own: bool,
    flirted: bool,
    favorite: bool,
    photos: Vec<Shown>,
    /// What the reader may do with the private album, if there is anything in it.
    album: Option<AlbumState>,
    album_photos: Vec<Shown>,
    /// How many see it, on one's own profile.
    readers: i64,
    facts: Vec<FactLine>,
    interests: Vec<ProfileInterest>,
    /// What is left of the day's visits, where that is little.
    left: Option<String>,
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Path(nickname): Path<String>,
    (method, headers, left): (Method, HeaderMap, Left),
) -> Result<Page<ProfilePage>, Failure> {
    let member = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    let profile = run(&ctx, &actor, member).await?;
    record_visit::after(&ctx, actor.id, member, &Look { method: &method, headers: &headers });
    let today = calendar::day(&profile.card.town, ctx.now());
    let (own, nickname) = (actor.id == member, &profile.card.nickname);
    let photos = profile.photos.into_iter().map(|it| (it.photo, it.alt, Some(it.liked).filter(|_| !own)));
    let (album, private) = profile.private_album.map(|album| (album.state, album.photos)).unzip();
    let private = private.unwrap_or_default().into_iter().map(|it| (it.photo, it.alt, None));
    Ok(Page::new(ProfilePage {
        photos: gallery(nickname, photos),
        album_photos: gallery(nickname, private),
        readers: if own { private_album::count_readers(&ctx, member).await? } else { 0 },
        album,
        since: shell.when(&ctx).day(profile.since),
        shell: shell.titled(&profile.card.nickname),
        own,
        ideal: profile.ideal.sentence(),
        last_seen: profile.last_seen.map(|day| when::day_ago(day, today)),
        left: left.sentence("profile", "profiles"),
        presentation: profile.presentation,
        flirted: profile.flirted,
        favorite: profile.favorite,
        interests: profile.interests,
        facts: fact_lines(&profile.facts, &profile.in_common),
        card: profile.card,
    }))
}
