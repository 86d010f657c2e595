//! A large town, for measuring: always the same, with ages, towns and wishes as uneven as in life.

use pancake::shared::places;
use sqlx::{AssertSqlSafe, PgConnection, query, query_scalar};

/// How much of everything: 60,000 and 500,000 unless `POPULATION` says otherwise, as in `POPULATION=600000`.
pub(crate) fn members() -> i64 {
    std::env::var("POPULATION").ok().and_then(|text| text.parse().ok()).unwrap_or(60_000)
}

/// Fills `person`, a temporary table of this connection, with so many.
///
/// Each column's chance is a number in 0..1 that follows from the member and the column.
pub(crate) async fn person(conn: &mut PgConnection, members: i64) {
    let counties = places::counties();
    let towns: Vec<&str> = counties.iter().flat_map(|c| &c.towns).map(|town| town.id.as_str()).collect();
    let of: Vec<&str> = towns.iter().map(|town| places::county_of(town).unwrap()).collect();
    query(
        "create or replace function pg_temp.chance(number bigint, what int) returns float8 language sql immutable
         return (hashint8extended(number, what) & 1048575)::float8 / 1048576",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    query(
        "create temporary table person as
         with one as (
             select i, md5('member ' || i)::uuid as member, 'm' || i as nickname,
                    case when pg_temp.chance(i, 1) < 0.5 then 'woman' else 'man' end as gender,
                    -- Half of them are younger than 34.
                    18 + (62 * power(pg_temp.chance(i, 2), 2))::int as age,
                    1 + floor($3 * power(pg_temp.chance(i, 3), 3))::int as place
             from generate_series(1, $4) as i)
         select i, member, nickname, gender, age,
                date '2026-06-01' - age * 365 - age / 4 - (pg_temp.chance(i, 4) * 365)::int as birthday,
                ($1::text[])[place] as town, ($2::text[])[place] as county,
                case when (gender = 'woman') = (pg_temp.chance(i, 5) < 0.95) then 'man' else 'woman' end
                    as ideal_gender,
                greatest(18, age - (pg_temp.chance(i, 6) * 10)::int) as ideal_from,
                age + (pg_temp.chance(i, 7) * 10)::int as ideal_to,
                timestamptz '2026-06-01T12:00:00Z' - pg_temp.chance(i, 8) * interval '1000 days' as approved
         from one",
    )
    .bind(&towns)
    .bind(&of)
    .bind(i32::try_from(towns.len()).unwrap())
    .bind(members)
    .execute(&mut *conn)
    .await
    .unwrap();
}

/// Lets `schema` know all of `person`, as the kit would. Most have a photo.
pub(crate) async fn cards(conn: &mut PgConnection, schema: &str) {
    let sql = format!(
        "insert into {schema}.card (member, nickname, gender, birthday, place, portrait)
         select member, nickname, gender, birthday, town,
                case when pg_temp.chance(i, 9) < 0.6 then md5('photo ' || i)::uuid end
         from person"
    );
    query(AssertSqlSafe(sql)).execute(&mut *conn).await.unwrap();
}

/// So that the planner knows what there is.
pub(crate) async fn analyze(conn: &mut PgConnection, schema: &str) {
    let tables: Vec<String> = query_scalar("select tablename::text from pg_tables where schemaname = $1")
        .bind(schema)
        .fetch_all(&mut *conn)
        .await
        .unwrap();
    for table in tables {
        query(AssertSqlSafe(format!("vacuum analyze {schema}.{table}"))).execute(&mut *conn).await.unwrap();
    }
}

/// What one statement touched, by Postgres' own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Rows that scans of tables and indexes gave, and those that they threw away.
    pub(crate) rows: i64,
    /// Pages of 8 KiB.
    pub(crate) buffers: i64,
}

impl Touched {
    /// From `explain (analyze, buffers, format json)`.
    pub(crate) fn of(explained: &serde_json::Value) -> Self {
        let plan = &explained[0]["Plan"];
        let number = |name: &str| plan[name].as_i64().unwrap_or_default();
        Self { rows: rows(plan), buffers: number("Shared Hit Blocks") + number("Shared Read Blocks") }
    }
}

fn rows(plan: &serde_json::Value) -> i64 {
    let number = |name: &str| plan[name].as_i64().unwrap_or_default();
    let all =
        number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
    let scan = plan["Relation Name"].is_string() || plan["Index Name"].is_string();
    let own = if scan { all * number("Actual Loops") } else { 0 };
    own + plan["Plans"].as_array().into_iter().flatten().map(rows).sum::<i64>()
}
