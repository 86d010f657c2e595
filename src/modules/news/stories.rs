//! Stories as they are written: with what ideals ask for, as soon as the author's card is known, and without it while their
//! photo is private: no feed finds them then. Whatever changes for
//! all who look for somebody like her raises three counters, however many they are.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{query, query_scalar};
use uuid::Uuid;

use crate::kernel::event::Applied;
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::media::contract::PhotoId;
use crate::shared::{places, versions};

/// Something that a member did.
pub(super) struct Done {
    pub story: EventId,
    pub member: MemberId,
    pub photo: Option<PhotoId>,
    pub at: DateTime<Utc>,
}

/// What ideals ask for, column by column, of those whose cards are known.
#[derive(Default)]
struct Authors {
    members: Vec<Uuid>,
    genders: Vec<String>,
    birthdays: Vec<NaiveDate>,
    counties: Vec<String>,
    towns: Vec<String>,
}

/// Writes stories of one kind, but none of a photo that is gone.
pub(super) async fn add(tx: &mut Tx, kind: &str, stories: &[Done]) -> Result<Applied, Failure> {
    let members: Vec<Uuid> = stories.iter().map(|story| story.member.uuid()).collect();
    let authors = authors(tx, &members).await?;
    let added = query_scalar!(
        "insert into news.story (story, kind, member, gender, birth_year, birthday, county, town, photo, at)
         select s.story, $1, s.member, a.gender, extract(year from a.birthday)::int, a.birthday, a.county, a.town,
                s.photo, s.at
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[]) as s (story, member, photo, at)
         left join unnest($6::uuid[], $7::text[], $8::date[], $9::text[], $10::text[])
                   as a (member, gender, birthday, county, town)
              on a.member = s.member
                 and not exists (select from news.photo p where p.photo = s.photo and p.private)
         where not exists (select from news.photo p where p.photo = s.photo and p.deleted)
         on conflict do nothing
         returning member",
        kind,
        &stories.iter().map(|story| story.story.uuid()).collect::<Vec<_>>(),
        &members,
        &stories.iter().map(|story| story.photo.map(TypedId::uuid)).collect::<Vec<_>>() as _,
        &stories.iter().map(|story| story.at).collect::<Vec<_>>(),
        &authors.members,
        &authors.genders,
        &authors.birthdays,
        &authors.counties,
        &authors.towns
    )
    .fetch_all(tx.conn())
    .await?;
    raise(tx, &authors, &added).await?;
    Ok(Applied::any(&added))
}

/// The cards of these members have come, or photos of theirs are private no longer: what they did before fits ideals from
/// now on.
pub(super) async fn complete(tx: &mut Tx, members: &[Uuid]) -> Result<Applied, Failure> {
    let authors = authors(tx, members).await?;
    let completed = query_scalar!(
        "update news.story s
         set gender = a.gender, birth_year = extract(year from a.birthday)::int, birthday = a.birthday,
             county = a.county, town = a.town
         from unnest($1::uuid[], $2::text[], $3::date[], $4::text[], $5::text[])
              as a (member, gender, birthday, county, town)
         where s.member = a.member and s.gender is null
           and not exists (select from news.photo p where p.photo = s.photo and p.private)
         returning s.member",
        &authors.members,
        &authors.genders,
        &authors.birthdays,
        &authors.counties,
        &authors.towns
    )
    .fetch_all(tx.conn())
    .await?;
    raise(tx, &authors, &completed).await?;
    Ok(Applied::any(&completed))
}

/// Something of these members is gone.
pub(super) async fn removed(tx: &mut Tx, members: &[Uuid]) -> Result<(), Failure> {
    let authors = authors(tx, members).await?;
    raise(tx, &authors, members).await
}

async fn authors(tx: &mut Tx, members: &[Uuid]) -> Result<Authors, Failure> {
    let cards =
        query!("select member, gender, birthday, place from news.card where member = any($1)", members)
            .fetch_all(tx.conn())
            .await?;
    let mut authors = Authors::default();
    for card in cards {
        authors.members.push(card.member);
        authors.genders.push(card.gender);
        authors.birthdays.push(card.birthday);
        authors.counties.push(places::county_of(&card.place).unwrap_or_default().to_owned());
        authors.towns.push(card.place);
    }
    Ok(authors)
}

/// Tells all who look for somebody like `changed`.
async fn raise(tx: &mut Tx, authors: &Authors, changed: &[Uuid]) -> Result<(), Failure> {
    let (mut genders, mut places) = (Vec::new(), Vec::new());
    for (at, _) in authors.members.iter().enumerate().filter(|(_, member)| changed.contains(member)) {
        for place in ["", &authors.counties[at], &authors.towns[at]] {
            genders.push(authors.genders[at].clone());
            places.push(place.to_owned());
        }
    }
    if genders.is_empty() {
        return Ok(());
    }
    // In one order, so that two transactions never wait for each other.
    query!(
        "insert into news.shard as kept (gender, place, version)
         select distinct gender, place, 1 from unnest($1::text[], $2::text[]) as raised (gender, place)
         order by gender, place
         on conflict (gender, place) do update set version = kept.version + 1",
        &genders,
        &places
    )
    .execute(tx.conn())
    .await?;
    versions::shared(tx);
    Ok(())
}
