//! However large the site is and whatever is asked for: a page of a search touches a bounded number of rows and
//! pages of the disk. `POPULATION=600000 cargo test --test promise bounded` asks the same of a whole site.

use pancake::dev::test_site::TestSite;
use pancake::kernel::id::{MemberId, TypedId};
use pancake::modules::search;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, query, query_scalar};
use uuid::Uuid;

use crate::population::{self, Touched};
use crate::postgres::postgres;

/// Of one page, at most: 4,000 members are looked at, each in up to six tables, and three of her interests.
const ROWS_MAX: i64 = 36_000;
/// A row of an index and of its table are some pages of 8 KiB each.
const BUFFERS_MAX: i64 = 108_000;
/// Of a page as most ask for it: 250 of the newest, of whom up to 101 are looked at in one or two more tables.
const USUAL_ROWS_MAX: i64 = 600;
const USUAL: [&str; 7] = [
    "",
    "gender=woman",
    "gender=woman&ageFrom=25&ageTo=35",
    "gender=woman&ageFrom=25&ageTo=35&place=blekinge-county",
    "gender=woman&ageFrom=26&ageTo=35&photo=true&sort=seen",
    "gender=woman&ageFrom=25&ageTo=35&lookingFor=love",
    "gender=woman&ageFrom=25&ageTo=35&interest=books",
];
/// Members whom the reader has blocked.
const BLOCKED: i64 = 3_000;

const SEARCHES: [(&str, &str); 24] = [
    ("everybody", ""),
    ("by who was here last", "sort=seen"),
    ("a usual one", "gender=woman&ageFrom=25&ageTo=35&place=blekinge-county"),
    ("with a photo", "gender=woman&ageFrom=25&ageTo=35&photo=true"),
    ("who is here", "gender=woman&ageFrom=20&ageTo=60&online=true"),
    ("all wishes at once", "gender=woman&ageFrom=25&ageTo=45&online=true&photo=true&forMe=true&new=true"),
    (
        "the same by the day",
        "gender=woman&ageFrom=25&ageTo=45&online=true&photo=true&forMe=true&new=true&sort=seen",
    ),
    ("who looks for me, and hardly anybody does", "gender=woman&ageFrom=70&ageTo=80&forMe=true"),
    ("men who look for a man", "gender=man&forMe=true"),
    ("one age", "gender=woman&ageFrom=30&ageTo=30"),
    ("an age that nobody has", "ageFrom=110&ageTo=120"),
    ("a town where hardly anybody lives", "place=visby"),
    ("a small town, and all wishes", "place=visby&online=true&photo=true&forMe=true"),
    ("a large town by the day", "place=karlskrona&sort=seen&photo=true"),
    ("new ones by the day", "new=true&sort=seen"),
    ("who does not smoke", "gender=woman&ageFrom=25&ageTo=35&smoking=no"),
    ("a language that few speak", "language=is&ageFrom=20&ageTo=60"),
    (
        "all facts at once",
        "lookingFor=love&children=wants&smoking=no&language=sv&heightFrom=165&heightTo=175",
    ),
    (
        "all wishes and all facts",
        "gender=woman&online=true&photo=true&forMe=true&new=true&lookingFor=love&children=wants&smoking=no&language=is",
    ),
    ("an interest that many have", "interest=skiing&gender=woman&ageFrom=25&ageTo=35"),
    ("an interest that few have", "interest=opera&gender=woman&ageFrom=25&ageTo=35"),
    ("three that many have", "interest=skiing&interest2=baking&interest3=books&photo=true&smoking=no"),
    (
        "three, and few have one of them",
        "interest=skiing&interest2=opera&interest3=books&place=visby&sort=seen",
    ),
    ("a hundred at once", "max=100&gender=man&photo=true"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_touches_no_more_on_a_large_site() {
    let _machine = crate::MACHINE.read().await;
    let stage = TestSite::open(postgres().await, "bounded_search", 80).await.unwrap();
    let mut conn = postgres().await.options().database("bounded_search").connect().await.unwrap();
    let reader = fill(&mut conn).await;
    let mut most = Touched { rows: 0, buffers: 0 };
    for (says, query) in SEARCHES {
        let touched = explain(&stage, reader, query, says).await;
        println!("{says}: {touched:?}");
        most = Touched { rows: most.rows.max(touched.rows), buffers: most.buffers.max(touched.buffers) };
    }
    println!("of {} members at most {most:?}", population::members());
    // What cannot fail proves nothing: without its indexes the same search touches far more.
    assert!(most.rows > ROWS_MAX / 10, "the searches look at next to nothing: {most:?}");
    usual(&stage, somebody(&mut conn, 31).await).await;
    let towns = "drop index search.member_joined_town, search.member_seen_town, search.member_newest_town, search.member_lately_town";
    query(towns).execute(&mut conn).await.unwrap();
    let costs = search::explain(&stage.ctx, reader, "place=visby").await.unwrap();
    assert!(costs.iter().any(|cost| Touched::of(&cost.plan).rows > ROWS_MAX), "{costs:#?}");
    stage.close().await;
}

/// A page costs little more than it shows: its first walk is enough.
async fn usual(stage: &TestSite, reader: MemberId) {
    for query in USUAL {
        let costs = search::explain(&stage.ctx, reader, query).await.unwrap();
        let first = &costs[0];
        let (touched, found) = (Touched::of(&first.plan), &first.plan[0]["Plan"]["Actual Rows"]);
        println!("{query}: {touched:?} and {} rows by index for {found}", first.indexed);
        assert!(
            found == 21 && touched.rows <= USUAL_ROWS_MAX && first.indexed <= USUAL_ROWS_MAX,
            "{query}: {first:#?}"
        );
    }
}

async fn explain(stage: &TestSite, reader: MemberId, query: &str, says: &str) -> Touched {
    let mut most = Touched { rows: 0, buffers: 0 };
    for cost in search::explain(&stage.ctx, reader, query).await.unwrap() {
        let touched = Touched::of(&cost.plan);
        assert!(
            touched.rows <= ROWS_MAX && touched.buffers <= BUFFERS_MAX,
            "{says}: {touched:?} of {:#}",
            cost.plan
        );
        let read = (cost.sequential, cost.indexed);
        assert!(
            read.0 == 0 && read.1 <= ROWS_MAX,
            "{says}: {read:?} rows are read with the plan that it has"
        );
        most = Touched { rows: most.rows.max(touched.rows), buffers: most.buffers.max(touched.buffers) };
    }
    most
}

/// Everybody can be found; returns one who has blocked many.
async fn fill(conn: &mut PgConnection) -> MemberId {
    population::person(conn, population::members()).await;
    population::cards(conn, "search").await;
    for sql in [
        "insert into search.member (member, gender, birthday, birth_year, town, county, joined, seen_day)
         select member, gender, birthday, extract(year from birthday)::int, town, county, approved,
                date_trunc('day', approved + pg_temp.chance(i, 10) * (timestamptz '2026-06-01T12:00:00Z' - approved), 'utc')
         from person",
        "insert into search.ideal (member, gender, youngest, oldest)
         select member, ideal_gender, ideal_from, ideal_to from person",
        "insert into search.seen (member, at)
         select member, timestamptz '2026-06-01T12:00:00Z' - (pg_temp.chance(i, 11) * interval '150 minutes') from person
         where pg_temp.chance(i, 12) < 0.5",
        "insert into search.facts (member, looking_for, children, smoking, languages, height)
         select member, case when pg_temp.chance(i, 21) < 0.6 then '{love}'::text[] else '{writing}' end,
                case when pg_temp.chance(i, 22) < 0.5 then 'wants' else 'has' end,
                case when pg_temp.chance(i, 23) < 0.8 then 'no' else 'yes' end,
                case when pg_temp.chance(i, 24) < 0.001 then '{is}'::text[] else '{sv}' end,
                150 + (pg_temp.chance(i, 25) * 50)::int
         from person where pg_temp.chance(i, 20) < 0.7",
        "insert into search.interested (member, interest)
         select member, interest from person
         join (values ('skiing', 31, 0.3), ('baking', 32, 0.2), ('books', 33, 0.5), ('opera', 34, 0.05))
              as kind (interest, salt, share) on pg_temp.chance(i, salt) < share",
        "insert into search.hidden (member) select member from person where pg_temp.chance(i, 13) < 0.05",
    ] {
        query(sql).execute(&mut *conn).await.unwrap();
    }
    let reader = somebody(conn, 30).await;
    let block = format!(
        "insert into search.blocked_pair (viewer, other, blocker)
         select $1, member, $1 from person where gender = 'woman' order by approved desc limit {BLOCKED}"
    );
    query(AssertSqlSafe(block)).bind(reader.uuid()).execute(&mut *conn).await.unwrap();
    population::analyze(conn, "search").await;
    reader
}

/// A man of that age.
async fn somebody(conn: &mut PgConnection, age: i32) -> MemberId {
    let one = "select member from person where gender = 'man' and age = $1 order by i limit 1";
    let member: Uuid = query_scalar(one).bind(age).fetch_one(&mut *conn).await.unwrap();
    MemberId::of(member)
}
