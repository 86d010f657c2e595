//! A module's own copy of which photo stands for whom: `<schema>.photo`, and from it `<schema>.card.portrait`. A private one
//! never does.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, query_scalar};

use super::versions;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::tx::Tx;
use crate::modules::media::contract::{PhotoDeleted, PhotoId, PhotosArranged};
use crate::modules::review::contract::{PhotoApproved, PhotoRejected};

/// Writes down which photos are approved.
pub struct AddPhotos(Photos);

/// Writes down which photos are approved no longer.
pub struct TakeBackPhotos(Photos);

/// Writes down which photos are gone.
pub struct RemovePhotos(Photos);

/// Writes down in which order they are, and which are private.
pub struct ArrangePhotos(Photos);

impl AddPhotos {
    pub fn of(schema: &str, wakes: Option<&'static str>) -> Self {
        let on_conflict =
            "update set approved = excluded.approved, alt = excluded.alt where kept.approved is null";
        Self(Photos::of(schema, wakes, on_conflict))
    }
}

impl RemovePhotos {
    pub fn of(schema: &str, wakes: Option<&'static str>) -> Self {
        Self(Photos::of(schema, wakes, "update set deleted = true where not kept.deleted"))
    }
}

impl ArrangePhotos {
    pub fn of(schema: &str, wakes: Option<&'static str>) -> Self {
        let on_conflict = "update set place = excluded.place, private = excluded.private
             where (kept.place, kept.private) is distinct from (excluded.place, excluded.private)";
        Self(Photos::of(schema, wakes, on_conflict))
    }
}

impl TakeBackPhotos {
    pub fn of(schema: &str, wakes: Option<&'static str>) -> Self {
        Self(Photos::of(schema, wakes, "update set approved = null where kept.approved is not null"))
    }
}

impl Listener for AddPhotos {
    type Event = PhotoApproved;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoApproved>]) -> Result<Applied, Failure> {
        let photos = facts.iter().map(|fact| Photo {
            id: fact.event.photo,
            member: fact.event.member,
            approved: Some(fact.at),
            deleted: false,
            place: None,
            private: false,
            alt: &fact.event.alt,
        });
        self.0.keep(tx, photos.collect()).await
    }
}

impl Listener for TakeBackPhotos {
    type Event = PhotoRejected;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoRejected>]) -> Result<Applied, Failure> {
        let photos = facts.iter().map(|fact| Photo {
            id: fact.event.photo,
            member: fact.event.member,
            approved: None,
            deleted: false,
            place: None,
            private: false,
            alt: "",
        });
        self.0.keep(tx, photos.collect()).await
    }
}

impl Listener for RemovePhotos {
    type Event = PhotoDeleted;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotoDeleted>]) -> Result<Applied, Failure> {
        let photos = facts.iter().map(|fact| Photo {
            id: fact.event.photo,
            member: fact.event.member,
            approved: None,
            deleted: true,
            place: None,
            private: false,
            alt: "",
        });
        self.0.keep(tx, photos.collect()).await
    }
}

impl Listener for ArrangePhotos {
    type Event = PhotosArranged;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<PhotosArranged>]) -> Result<Applied, Failure> {
        let mut applied = Applied::Nothing;
        // One after the other: the later one wins.
        for Recorded { event: PhotosArranged { member, photos, private }, .. } in facts {
            let photos = photos.iter().zip(1..).map(|(photo, place)| Photo {
                id: *photo,
                member: *member,
                approved: None,
                deleted: false,
                place: Some(place),
                private: private.contains(photo),
                alt: "",
            });
            if self.0.keep(tx, photos.collect()).await?.changed() {
                applied = Applied::Changed;
            }
        }
        Ok(applied)
    }
}

/// The statement that puts the portraits of the members `$1` right, and returns whose changed.
pub(super) fn choose(schema: &str) -> String {
    format!(
        "update {schema}.card c set portrait = chosen.photo
         from (select m.member,
                      (select p.photo from {schema}.photo p
                       where p.member = m.member and p.approved is not null and not p.deleted and not p.private
                       order by p.place nulls last, p.approved, p.photo limit 1) as photo
               from unnest($1::uuid[]) as m (member)) as chosen
         where c.member = chosen.member and c.portrait is distinct from chosen.photo
         returning c.member"
    )
}

struct Photo<'a> {
    id: PhotoId,
    member: MemberId,
    approved: Option<chrono::DateTime<chrono::Utc>>,
    deleted: bool,
    place: Option<i32>,
    private: bool,
    alt: &'a str,
}

/// Both listeners' statements.
struct Photos {
    keep: Arc<str>,
    choose: Arc<str>,
    /// Who sees another card of a live module now: `select member from … where … = any($1)`.
    wakes: Option<&'static str>,
}

impl Photos {
    fn of(schema: &str, wakes: Option<&'static str>, on_conflict: &str) -> Self {
        let keep = format!(
            "insert into {schema}.photo as kept (photo, member, approved, deleted, place, private, alt)
             select distinct on (photo) photo, member, approved, deleted, place, private, alt
             from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::boolean[], $5::int[],
                         $6::boolean[], $7::text[])
                  with ordinality as row (photo, member, approved, deleted, place, private, alt, number)
             order by photo, number
             on conflict (photo) do {on_conflict}
             returning member"
        );
        Self { keep: keep.into(), choose: choose(schema).into(), wakes }
    }

    async fn keep(&self, tx: &mut Tx, photos: Vec<Photo<'_>>) -> Result<Applied, Failure> {
        let kept: Vec<MemberId> = query_scalar(AssertSqlSafe(self.keep.clone()))
            .bind(photos.iter().map(|photo| photo.id).collect::<Vec<_>>())
            .bind(photos.iter().map(|photo| photo.member).collect::<Vec<_>>())
            .bind(photos.iter().map(|photo| photo.approved).collect::<Vec<_>>())
            .bind(photos.iter().map(|photo| photo.deleted).collect::<Vec<_>>())
            .bind(photos.iter().map(|photo| photo.place).collect::<Vec<_>>())
            .bind(photos.iter().map(|photo| photo.private).collect::<Vec<_>>())
            .bind(photos.iter().map(|photo| photo.alt).collect::<Vec<_>>())
            .fetch_all(tx.conn())
            .await?;
        if kept.is_empty() {
            return Ok(Applied::Nothing);
        }
        let changed: Vec<MemberId> =
            query_scalar(AssertSqlSafe(self.choose.clone())).bind(&kept).fetch_all(tx.conn()).await?;
        if let Some(wakes) = self.wakes.filter(|_| !changed.is_empty()) {
            let told: Vec<MemberId> = query_scalar(wakes).bind(&changed).fetch_all(tx.conn()).await?;
            versions::bump(tx, told).await?;
        }
        Ok(Applied::Changed)
    }
}
