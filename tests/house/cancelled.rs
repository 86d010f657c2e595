//! Clients that go away in the middle: whatever moment it is, no connection is left inside a transaction.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::http::Method;
use sqlx::{ConnectOptions, Executor, query_scalar};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::dice::Dice;
use crate::house::{Ask, House, Who};
use crate::postgres::postgres;

const SEED: u64 = 0x0061_626f_7274;
const ABORTED: usize = 100;

/// One for requests and one behind, in each module.
fn connections() -> u16 {
    u16::try_from(2 * pancake::modules::registry().modules().len()).unwrap()
}

/// A future dropped after a number of polls: the same moments every time.
#[tokio::test]
async fn a_dropped_request_leaves_nothing_behind() {
    const NAME: &str = "house_dropped";
    let house = House::open(NAME, connections()).await;
    let token = house.token(Who::Member).await.unwrap();
    let mut dice = Dice::new(SEED);
    for _ in 0..ABORTED {
        let ask = ask(&house, &mut dice);
        let mut polls = dice.roll(8);
        let mut asked = pin!(house.ask(&ask, Some(&token)));
        poll_fn(|cx| {
            let done = asked.as_mut().poll(cx).is_ready() || polls == 0;
            polls = polls.saturating_sub(1);
            if done { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
    is_clean(&house, NAME, &token).await;
    house.close().await;
}

/// A connection that is cut, over real HTTP.
#[tokio::test]
async fn a_cut_connection_leaves_nothing_behind() {
    const NAME: &str = "house_cut";
    let house = House::open(NAME, connections()).await;
    let token = house.token(Who::Member).await.unwrap();
    let mut dice = Dice::new(SEED);
    for _ in 0..ABORTED {
        let Ask { method, target, .. } = ask(&house, &mut dice);
        let mut stream = TcpStream::connect(house.stage.address).await.unwrap();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: 0\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // Any moment will do: what is asserted does not depend on it.
        tokio::time::sleep(Duration::from_micros(u64::try_from(dice.roll(4_000)).unwrap())).await;
        drop(stream);
    }
    is_clean(&house, NAME, &token).await;
    house.close().await;
}

fn ask(house: &House, dice: &mut Dice) -> Ask {
    let other = house.people.other;
    match dice.roll(4) {
        0 => Ask::new(Method::PUT, format!("/api/block/{other}")),
        1 => Ask::new(Method::DELETE, format!("/api/block/{other}")),
        2 => Ask::post(format!("/api/flirt/{other}")),
        _ => Ask::get(format!("/api/profile/{other}")),
    }
}

async fn is_clean(house: &House, name: &str, token: &str) {
    house.stage.settle().await.unwrap();
    // As the superuser: modules' roles do not see each other's state.
    let mut conn = postgres().await.options().database(name).connect().await.unwrap();
    crate::wait::until("no connection is in a transaction", async || {
        let open: i64 = query_scalar(
            "select count(*) from pg_stat_activity
             where datname = current_database() and state like 'idle in transaction%'",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        open == 0
    })
    .await;
    for unit in house.stage.ctx.units() {
        for pool in [&unit.pool, &unit.background] {
            let mut lent = pool.acquire().await.unwrap();
            // What is local to a transaction lasts no longer than this statement, unless one is open.
            lent.execute("set local application_name to 'probe'").await.unwrap();
            let named: String = query_scalar("show application_name").fetch_one(&mut *lent).await.unwrap();
            assert_ne!(named, "probe", "{} lends a connection that is in a transaction", unit.spec.name);
        }
    }
    house.forgive().await;
    let member = house.people.reviewer;
    let flirt = house.ask(&Ask::post(format!("/api/flirt/{member}")), Some(token)).await;
    assert_eq!(flirt.status, 201, "{}", flirt.text());
}
