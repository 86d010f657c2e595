//! Feeds are queries over everything that ever happened, and yet their work has a bound, whatever a member looks for
//! and whomever she has blocked: the real statement is explained on half a million stories.

use std::time::Instant;

use pancake::dev::test_site::{TestSite, story_time};
use pancake::kernel::id::{MemberId, TypedId};
use pancake::modules::news::{self, Asked, Explained};
use pancake::shared::bounded_scan::ROWS_MAX;
use pancake::shared::paging::{Cursor, Paging};
use pancake::shared::places;
use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection, query, query_scalar};
use uuid::Uuid;

use crate::postgres::postgres;
use crate::{population, stories};

/// Stories of a member: 500,000 of 60,000, or 5 million of 600,000 (`population.rs` says how).
const STORIES_EACH: (i64, i64) = (25, 3);
/// Whom she blocks: those who do most.
const BLOCKED: i64 = 3_000;
/// Pages that a reader goes back.
const DEEP: usize = 30;
/// Stories that one statement may touch.
const TOUCHED_MAX: i64 = ROWS_MAX;
/// Pages of 8 KiB that one statement may touch: for each story one of the table, a part of one of the index, three for
/// whether its author is blocked; and the way down the index for each year.
const BUFFERS_MAX: i64 = 5 * ROWS_MAX;
/// The same where nothing is in the way: a page of twenty from ten years or so.
const BUFFERS_USUAL: i64 = 1_500;

/// Birthdays are anywhere in the year, but those who were born in 1975 have theirs before June. The lower a town's
/// number, the more live there.
const PERSON: &str = "create temporary table person as
    select md5('member ' || n)::uuid as member, 'member' || n as nickname,
           case when n % 2 = 0 then 'woman' else 'man' end as gender,
           case when year = 1975 then date '1975-01-01' + n % 150 else make_date(year, 1, 1) + n % 365 end as birthday,
           town, county, case when n % 2 = 0 then 'man' else 'woman' end as ideal_gender,
           18 + n % 40 as ideal_from, 23 + n % 40 as ideal_to,
           timestamptz '2026-06-01 12:00Z' - interval '700 days' * n / $1 as approved
    from (select n, 1946 + (hashint4(n) & 1048575) % 62 as year,
                 1 + floor(power((hashint8extended(n, 3) & 1048575) / 1048576.0, 4) * cardinality($2::text[]))::int as at
          from generate_series(1, $1) as person (n)) as made
    cross join lateral (select ($2::text[])[at] as town, ($3::text[])[at] as county) as home";

struct Town {
    stage: TestSite,
    operator: PgConnection,
    faults: Vec<String>,
}

impl Town {
    async fn open(name: &str) -> Self {
        let stage = TestSite::open(postgres().await, name, 64).await.unwrap();
        stage.set_time(story_time());
        let mut operator = postgres().await.options().database(name).connect().await.unwrap();
        let pairs =
            places::counties().iter().flat_map(|county| county.towns.iter().map(move |town| (town, county)));
        let (towns, counties): (Vec<_>, Vec<_>) =
            pairs.map(|(town, county)| (town.id.clone(), county.id.clone())).unzip();
        query(PERSON)
            .bind(i32::try_from(population::members()).unwrap())
            .bind(towns)
            .bind(counties)
            .execute(&mut operator)
            .await
            .unwrap();
        let all = population::members() * STORIES_EACH.0 / STORIES_EACH.1;
        stories::generate(&mut operator, all).await.unwrap();
        operator.execute("analyze news.story, news.card, news.ideal, news.photo").await.unwrap();
        Self { stage, operator, faults: Vec::new() }
    }

    /// The one who reads looks for somebody else.
    async fn look_for(&mut self, reader: MemberId, gender: &str, ages: (i32, i32), place: &str) {
        query("update news.ideal set gender = $2, from_age = $3, to_age = $4, place = $5 where member = $1")
            .bind(reader.uuid())
            .bind(gender)
            .bind(ages.0)
            .bind(ages.1)
            .bind(place)
            .execute(&mut self.operator)
            .await
            .unwrap();
    }

    async fn explain(&mut self, what: &str, reader: MemberId, asked: Asked) -> Explained {
        let explained = news::explain(&self.stage.ctx, reader, asked).await.unwrap();
        for walked in &explained.costs {
            let cost = Cost::of(&walked.plan);
            if walked.sequential > 0 || walked.indexed > BUFFERS_MAX {
                self.faults
                    .push(format!("{what}: {} and {} rows are read", walked.sequential, walked.indexed));
            }
            if cost.stories > TOUCHED_MAX || cost.buffers > BUFFERS_MAX {
                self.faults.push(format!("{what}: {cost:?}"));
            }
            self.faults.extend(cost.scanned.iter().map(|table| format!("{what}: all of {table} is read")));
        }
        explained
    }

    /// Every page down to some depth, and the count.
    async fn read(&mut self, what: &str, reader: MemberId, max: i64, depth: usize) -> (usize, i64) {
        let (mut from, mut found, mut most) = (Cursor::newest(), 0, 0);
        for _ in 0..depth {
            let explained = self.explain(what, reader, Asked::Page(Paging { max, from })).await;
            found += explained.found;
            most = explained.costs.iter().map(|cost| Cost::of(&cost.plan).buffers).fold(most, i64::max);
            match explained.end {
                Some(end) => from = end,
                None => break,
            }
        }
        self.explain(&format!("{what}, counted"), reader, Asked::New).await;
        println!("{what}: {found} found, {most} buffers at most");
        (found, most)
    }
}

/// What a statement has touched.
#[derive(Debug, Default)]
struct Cost {
    stories: i64,
    buffers: i64,
    /// Tables that were read from one end to the other.
    scanned: Vec<String>,
}

impl Cost {
    fn of(plan: &Value) -> Self {
        let root = &plan[0]["Plan"];
        let buffers = |kind: &str| root[kind].as_i64().unwrap();
        let mut cost =
            Self { buffers: buffers("Shared Hit Blocks") + buffers("Shared Read Blocks"), ..Self::default() };
        cost.add(root);
        cost
    }

    fn add(&mut self, node: &Value) {
        let table = node["Relation Name"].as_str().unwrap_or_default();
        // Averages over the loops of a node are rounded.
        let of = |name: &str| node[name].as_f64().unwrap_or_default();
        let rows = (of("Actual Rows") + of("Rows Removed by Filter")) * of("Actual Loops");
        if table == "story" {
            self.stories += format!("{rows:.0}").parse::<i64>().unwrap();
        }
        // Of an empty table there is nothing to read.
        if node["Node Type"] == "Seq Scan" && !table.is_empty() && rows > 0.0 {
            self.scanned.push(table.to_owned());
        }
        node["Plans"].as_array().into_iter().flatten().for_each(|inner| self.add(inner));
    }
}

#[tokio::test]
async fn a_feed_costs_the_same_whatever_she_looks_for() {
    let _machine = crate::MACHINE.read().await;
    let begun = Instant::now();
    let mut town = Town::open("house_bounded").await;
    println!("loaded in {:?}", begun.elapsed());
    let reader = md5_id(&mut town.operator, "member 1").await;
    let (big, small) = (places::counties()[0].clone(), places::counties().last().unwrap().clone());
    let small_town = &small.towns.last().unwrap().id;
    let wide = [("anybody", (18, 120), ""), ("most", (18, 60), big.id.as_str())];
    let usual = [
        ("usual", (25, 35), ""),
        ("usual county", (25, 35), &big.id),
        ("usual town", (25, 35), &big.towns[0].id),
    ];
    let narrow = [
        ("small town", (18, 80), small_town.as_str()),
        ("one age in a small town", (40, 40), small_town),
        ("one age", (40, 40), ""),
        ("nobody is so old", (100, 110), ""),
        ("half of its years fit nobody", (50, 50), ""),
    ];
    for (what, ages, place) in wide.into_iter().chain(narrow) {
        town.look_for(reader, "woman", ages, place).await;
        town.read(what, reader, 20, 3).await;
    }
    for (what, ages, place) in usual {
        town.look_for(reader, "woman", ages, place).await;
        let (found, buffers) = town.read(what, reader, 20, 1).await;
        assert!(found > 0 && buffers <= BUFFERS_USUAL, "{what}: {found} for {buffers} buffers");
    }
    // As far back as she likes.
    town.look_for(reader, "woman", (25, 35), "").await;
    let (found, _) = town.read("deep", reader, 20, DEEP).await;
    assert!(found >= 20 * (DEEP - 1), "only {found}");
    let busiest =
        format!("where gender = 'woman' group by member order by count(*) desc, member limit {BLOCKED}");
    block(&mut town.operator, reader, &busiest).await;
    for (what, ages, place) in wide.into_iter().chain(usual).chain(narrow) {
        town.look_for(reader, "woman", ages, place).await;
        town.read(&format!("{what}, thousands blocked"), reader, 20, 3).await;
    }
    // Nobody is left: every page is as long a walk as there may be.
    let neighbours = format!("where gender = 'woman' and town = '{}' group by member", big.towns[1].id);
    block(&mut town.operator, reader, &neighbours).await;
    town.look_for(reader, "woman", (18, 120), &big.towns[1].id).await;
    let (found, buffers) = town.read("all of a town blocked", reader, 20, 3).await;
    assert!(found == 0 && buffers > BUFFERS_MAX / 8, "{found} for {buffers} buffers: this should be hard");
    assert!(town.faults.is_empty(), "\n{}", town.faults.join("\n"));
    prove(&mut town, reader).await;
    town.stage.close().await;
}

/// Without the index the very same test is red.
async fn prove(town: &mut Town, reader: MemberId) {
    town.operator.execute("drop index news.story_anywhere, news.story_newest").await.unwrap();
    town.look_for(reader, "woman", (25, 35), "").await;
    town.read("without its index", reader, 20, 1).await;
    assert!(!town.faults.is_empty(), "a missing index is not found");
}

/// Blocks those women.
async fn block(operator: &mut PgConnection, reader: MemberId, which: &str) {
    let sql = format!(
        "insert into news.blocked_pair (viewer, other, blocker)
         select pair.viewer, pair.other, $1
         from (select member from news.story {which}) as those
         cross join lateral (values ($1, those.member), (those.member, $1)) as pair (viewer, other)
         on conflict do nothing"
    );
    query(AssertSqlSafe(sql)).bind(reader.uuid()).execute(&mut *operator).await.unwrap();
    operator.execute("analyze news.blocked_pair").await.unwrap();
}

async fn md5_id(operator: &mut PgConnection, text: &str) -> MemberId {
    let id: Uuid = query_scalar("select md5($1)::uuid").bind(text).fetch_one(operator).await.unwrap();
    MemberId::of(id)
}
