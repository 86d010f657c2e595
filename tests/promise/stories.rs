//! A made-up past, for measurements: stories of many members, some of whom do much more than others. The same every
//! time.

use sqlx::{AssertSqlSafe, PgConnection, query, query_as};

/// Cards, ideals and stories of everybody in the temporary table `person`, `stories` of them or a few more.
pub(crate) async fn generate(conn: &mut PgConnection, stories: i64) -> Result<(), sqlx::Error> {
    // To build an index at the end costs a part of what it costs to keep it up.
    let indexes: Vec<(String, String)> = query_as(INDEXES).fetch_all(&mut *conn).await?;
    for (name, _) in &indexes {
        query(AssertSqlSafe(format!("drop index news.{name}"))).execute(&mut *conn).await?;
    }
    for sql in [CARDS, IDEALS, JOINED, PRESENTATIONS] {
        query(sql).execute(&mut *conn).await?;
    }
    query(PHOTOS).bind(stories).execute(&mut *conn).await?;
    for sql in [KNOWN_PHOTOS, PORTRAITS] {
        query(sql).execute(&mut *conn).await?;
    }
    for (_, definition) in indexes {
        query(AssertSqlSafe(definition)).execute(&mut *conn).await?;
    }
    Ok(())
}

const INDEXES: &str = "select indexname::text, indexdef from pg_indexes
    where schemaname = 'news' and tablename in ('story', 'photo') and indexname not like '%pkey'";

const CARDS: &str = "insert into news.card (member, nickname, gender, birthday, place)
    select member, nickname, gender, birthday, town from pg_temp.person";

const IDEALS: &str = "insert into news.ideal (member, gender, from_age, to_age, place)
    select member, ideal_gender, ideal_from, ideal_to, '' from pg_temp.person";

const JOINED: &str =
    "insert into news.story (story, kind, member, gender, birth_year, birthday, county, town, at)
    select md5('joined ' || member)::uuid, 'joined', member, gender, extract(year from birthday)::int, birthday,
           county, town, approved
    from pg_temp.person";

/// Of every other member.
const PRESENTATIONS: &str =
    "insert into news.story (story, kind, member, gender, birth_year, birthday, county, town, at)
    select md5('presentation ' || member)::uuid, 'presentation', member, gender, extract(year from birthday)::int,
           birthday, county, town, approved + interval '1 hour'
    from pg_temp.person where hashtext(member::text) % 2 = 0";

/// The rest. One in four members adds half of them.
const PHOTOS: &str =
    "with author as (
        select p.*, row_number() over (order by p.member) - 1 as number, count(*) over () as people,
               max(approved) over () as latest
        from pg_temp.person p
    ), taken as (
        select n, (hashint8extended(n, 1) & 1048575) / 1048576.0 as who,
               (hashint8extended(n, 2) & 1048575) / 1048576.0 as late
        from generate_series(1, $1 - (select count(*) from news.story)) as photo (n)
    )
    insert into news.story (story, kind, member, gender, birth_year, birthday, county, town, photo, at)
    select md5('photo story ' || t.n)::uuid, 'photo', a.member, a.gender, extract(year from a.birthday)::int,
           a.birthday, a.county, a.town, md5('photo ' || t.n)::uuid, a.approved + (a.latest - a.approved) * t.late
    from taken t
    join author a on a.number = floor(t.who * t.who * (select count(*) from pg_temp.person))::bigint";

const KNOWN_PHOTOS: &str = "insert into news.photo (photo, member, approved)
    select photo, member, at from news.story where photo is not null";

const PORTRAITS: &str = "update news.card c set portrait = first.photo
    from (select distinct on (member) member, photo from news.photo order by member, approved, photo) as first
    where first.member = c.member";
