//! A member's requests take turns: however many she sends, so many are worked on, some more wait, and others are served.

use std::cell::Cell;

use futures::future::{join, join_all};
use pancake::web::turns::{TURNS_MAX, WAITING_MAX};
use sqlx::Executor;

use crate::house::{Ask, House, Who};
use crate::wait::until;

const ASKED: usize = 100;

#[tokio::test]
async fn a_hundred_reads_of_one_member_take_turns() {
    let house = House::open("house_turns", 80).await;
    let (greedy, other) = (house.token(Who::Member).await, house.token(Who::Reviewer).await);
    let pool = &house.stage.ctx.unit_named("alerts").unwrap().pool;
    let mut lock = pool.acquire().await.unwrap();
    lock.execute("begin; lock table alerts.alert in access exclusive mode").await.unwrap();

    let (ask, refused) = (Ask::get("/api/alerts"), Cell::new(0));
    let asked = join_all((0..ASKED).map(|_| async {
        let answer = house.ask(&ask, greedy.as_deref()).await;
        refused.set(refused.get() + usize::from(answer.status == 429));
        answer
    }));
    let meanwhile = async {
        let surplus = ASKED - TURNS_MAX - WAITING_MAX;
        until("the surplus is refused", async || refused.get() >= surplus).await;
        let page = house.ask(&Ask::get("/api/chat"), other.as_deref()).await;
        assert_eq!(page.status, 200, "{}", page.text());
        lock.execute("rollback").await.unwrap();
    };
    let (answers, ()) = join(asked, meanwhile).await;
    let (served, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((served.len(), refused.len()), (TURNS_MAX + WAITING_MAX, ASKED - TURNS_MAX - WAITING_MAX));
    for answer in refused {
        assert_eq!((answer.status, answer.code()), (429, "too-many-at-once".to_owned()), "{}", answer.text());
        assert_eq!(answer.header("retry-after"), "1");
    }
    house.close().await;
}
