//! How many favourites one may have: a number too great for a use case to give them one by one.

use pancake::dev::test_site::story_time;
use pancake::kernel::id::{MemberId, TypedId};
use pancake::modules::block::contract::MemberBlocked;
use sqlx::{ConnectOptions, Executor, query, query_scalar};

use crate::house::{Answer, Ask, House, Who};
use crate::postgres::postgres;
use crate::wait::until;

const DATABASE: &str = "house_favorites";
/// Enough for two requests to one module at one moment.
const CONNECTIONS: u16 = 96;
/// One less than the list holds.
const NEARLY_FULL: i64 = 499;

#[tokio::test]
async fn a_list_of_favourites_has_an_end_and_a_way_out() {
    let house = House::open(DATABASE, CONNECTIONS).await;
    let member = house.people.member;
    fill(&house, NEARLY_FULL).await;
    let (one, two) = at_one_moment(&house).await;
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409], "{one:?} {two:?}");
    assert_eq!(count(&house).await, 500);

    let (inside, outside) = if one.status == 204 {
        (house.people.other, house.people.reviewer)
    } else {
        (house.people.reviewer, house.people.other)
    };
    assert_eq!(ask(&house, "PUT", inside).await.status, 204, "who is on it already is no news");
    let refused = ask(&house, "PUT", outside).await;
    assert_eq!((refused.status, refused.code()), (409, "favorite.full".to_owned()));
    assert!(refused.text().contains("Remove one"), "{}", refused.text());

    // Whom a block hides she could not remove, so there is room instead.
    let hidden = hidden(&house, member).await;
    let blocked = MemberBlocked { member: hidden, blocked: member };
    let _ = house.stage.give(Box::new(blocked), story_time()).await.unwrap();
    house.stage.settle().await.unwrap();
    assert_eq!(ask(&house, "PUT", outside).await.status, 204);
    assert_eq!(ask(&house, "PUT", house.people.admin).await.status, 409);
    assert_eq!(ask(&house, "DELETE", inside).await.status, 204);
    assert_eq!(ask(&house, "PUT", house.people.admin).await.status, 204);
    house.close().await;
}

/// Two marks, of which each alone would have room: neither can commit before both have come as far as they can.
async fn at_one_moment(house: &House) -> (Answer, Answer) {
    let options = postgres().await.options().database(DATABASE);
    let (mut other, mut watcher) = (options.connect().await.unwrap(), options.connect().await.unwrap());
    other.execute("begin; lock table favorite.outbox in share mode").await.unwrap();
    let release = async {
        until("both wait", async || {
            let waiting = "select count(*) = 2 from pg_stat_activity
                           where datname = current_database() and wait_event_type = 'Lock'
                             and (query like '%insert into favorite.outbox%' or query like '%advisory%')";
            query_scalar(waiting).fetch_one(&mut watcher).await.unwrap()
        })
        .await;
        other.execute("rollback").await.unwrap();
    };
    let (one, two, ()) = tokio::join!(
        ask(house, "PUT", house.people.other),
        ask(house, "PUT", house.people.reviewer),
        release
    );
    (one, two)
}

async fn ask(house: &House, method: &str, favorite: MemberId) -> Answer {
    let token = house.token(Who::Member).await;
    let ask = Ask::new(method.parse().unwrap(), format!("/api/favorite/{favorite}"));
    house.ask(&ask, token.as_deref()).await
}

/// As if she had marked that many long ago.
async fn fill(house: &House, favorites: i64) {
    let pool = &house.stage.ctx.unit_named("favorite").unwrap().pool;
    let marked = "insert into favorite.favorite (member, favorite, at)
                  select $1, md5(n::text)::uuid, $2 from generate_series(1, $3) as n";
    let marked = query(marked).bind(house.people.member).bind(story_time()).bind(favorites);
    marked.execute(pool).await.unwrap();
}

/// One of those.
async fn hidden(house: &House, member: MemberId) -> MemberId {
    let pool = &house.stage.ctx.unit_named("favorite").unwrap().pool;
    let one = "select favorite from favorite.favorite where member = $1 and favorite = md5('1')::uuid";
    MemberId::of(query_scalar(one).bind(member).fetch_one(pool).await.unwrap())
}

async fn count(house: &House) -> i64 {
    let pool = &house.stage.ctx.unit_named("favorite").unwrap().pool;
    let count = "select count(*) from favorite.favorite where member = $1";
    query_scalar(count).bind(house.people.member).fetch_one(pool).await.unwrap()
}
