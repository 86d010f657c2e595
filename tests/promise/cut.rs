//! Clients that go away: a thousand requests are cut at random moments, some while they are being sent, on the
//! smallest pools. No connection is lost, and what happened happened whole.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::http::Method;
use futures::future::join_all;
use pancake::store::{PrivatePostgres, Server, discard};
use sqlx::{Executor, PgConnection, query_as, query_scalar};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::{Call, Client};
use crate::dice::Dice;
use crate::kept::kept;
use crate::postgres::folder;
use crate::site::Site;
use crate::town::{Town, smallest};
use crate::wait;

const NAME: &str = "cut";
const SEED: u64 = 0x0061_626f_7274;
/// Cut after the whole request, before any answer.
const CUT: usize = 1_000;
/// More than that many tries, and the moments are badly chosen.
const TRIES_MAX: usize = 20_000;
const CLIENTS: usize = 8;
const MEMBERS: usize = 40;
/// Requests that say how long one takes.
const MEASURED: usize = 50;

/// How the requests ended.
#[derive(Default)]
struct Count {
    /// In the middle of sending.
    half_sent: AtomicUsize,
    /// Before any answer.
    cut: AtomicUsize,
    /// After the answer had begun.
    answered: AtomicUsize,
}

impl Count {
    fn tries(&self) -> usize {
        [&self.half_sent, &self.cut, &self.answered].map(|count| count.load(Ordering::SeqCst)).iter().sum()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_off_at_random_moments() {
    let _machine = crate::MACHINE.read().await;
    let begun = Instant::now();
    // Of its own, so that all that its log complains of is about this.
    let server = Server { durable: false, max_connections: 250 };
    let postgres = PrivatePostgres::start(&folder(NAME), server).await.unwrap();
    let town = Town::open(&postgres, NAME, MEMBERS).await;
    town.conn().await.execute("alter database cut set log_min_messages = 'warning'").await.unwrap();
    let site = town.site(&[("CONNECTIONS", smallest().to_string().leak())]).await;
    let typical = typical(&town, &site).await;
    let before = kept(&mut town.conn().await).await;
    let count = Count::default();
    let clients = (1..).take(CLIENTS).map(|number| client(&town, &site, SEED * number, typical, &count));
    join_all(clients).await;
    let mut conn = town.conn().await;
    let flirts = kept(&mut conn).await - before;
    nothing_is_held(&mut conn).await;
    wait::until("it is ready", async || site.get("/health/ready").starts_with("HTTP/1.1 200")).await;
    every_module_serves(&town, &site, &mut conn).await;
    kept(&mut conn).await;
    nobody_met_a_transaction(&mut conn).await;
    let [half_sent, cut, answered] =
        [&count.half_sent, &count.cut, &count.answered].map(|count| count.load(Ordering::SeqCst));
    println!(
        "cut: {cut} requests cut before an answer (of up to {:?}), {half_sent} while being sent, {answered} after; \
         {flirts} flirts came of them; {:.1} s",
        typical * 2,
        begun.elapsed().as_secs_f64()
    );
    assert!(half_sent >= CUT / 10, "too few were cut while being sent");
    assert!(flirts > 0, "nothing that was cut has happened");
    drop(site);
    postgres.stop().await.unwrap();
    discard(&folder(NAME)).await.unwrap();
}

/// How long a request takes that nobody cuts.
async fn typical(town: &Town, site: &Site) -> Duration {
    let client = Client::new();
    let mut dice = Dice::new(SEED);
    let begun = Instant::now();
    for _ in 0..MEASURED {
        let answer = client.answer(site.address(), &call(town, &mut dice)).await;
        assert!(answer.status < 500, "{answer:?}");
    }
    begun.elapsed() / u32::try_from(MEASURED).unwrap()
}

/// Reads and changes.
fn call(town: &Town, dice: &mut Dice) -> Call {
    let by = dice.pick(&town.people);
    let to = dice.pick(&town.people);
    match dice.roll(10) {
        0 => Call::block(Method::PUT, by, to),
        1 => Call::block(Method::DELETE, by, to),
        2 => Call::get(format!("/api/profile/{}", to.id), by),
        3 => Call::get("/api/alerts", by),
        4 => Call::get("/api/session", by),
        _ => Call::flirt(by, to),
    }
}

async fn client(town: &Town, site: &Site, seed: u64, typical: Duration, count: &Count) {
    let mut dice = Dice::new(seed);
    while count.cut.load(Ordering::SeqCst) < CUT {
        assert!(count.tries() < TRIES_MAX, "the answers come too soon");
        let Call { method, path, token, .. } = call(town, &mut dice);
        let half = dice.roll(5) == 0;
        let length = if half { 10 } else { 0 };
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: {length}\r\n\r\n"
        );
        if half {
            // In the head, or in the body that it promises.
            request.push_str("[1, 2");
            request.truncate(1 + dice.roll(request.len() - 1));
        }
        let mut stream = TcpStream::connect(site.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let micros = dice.roll(usize::try_from(typical.as_micros()).unwrap() * 2);
        tokio::time::sleep(Duration::from_micros(u64::try_from(micros).unwrap())).await;
        let ended = match stream.try_read(&mut [0]) {
            _ if half => &count.half_sent,
            Err(error) if error.kind() == ErrorKind::WouldBlock => &count.cut,
            _ => &count.answered,
        };
        ended.fetch_add(1, Ordering::SeqCst);
        drop(stream);
    }
}

/// No transaction is open, and no module has more connections than its pools.
async fn nothing_is_held(conn: &mut PgConnection) {
    wait::until("no connection is in a transaction", async || {
        let open: i64 = query_scalar(
            "select count(*) from pg_stat_activity
             where datname = current_database() and state like 'idle in transaction%'",
        )
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        open == 0
    })
    .await;
    let counts: Vec<(String, i64)> = query_as(
        "select application_name, count(*) from pg_stat_activity
         where datname = current_database() and application_name like 'pancake %' group by 1",
    )
    .fetch_all(conn)
    .await
    .unwrap();
    assert!(counts.len() > 5 && counts.iter().all(|(_, count)| *count <= 2), "{counts:?}");
}

/// A transaction that was left open heals as soon as the next one commits, or when Postgres ends it: only the
/// server's log still knows.
async fn nobody_met_a_transaction(conn: &mut PgConnection) {
    let data: String = query_scalar("show data_directory").fetch_one(conn).await.unwrap();
    let log = fs::read_to_string(Path::new(&data).join("server.log")).unwrap();
    assert!(log.contains("ready to accept connections"), "this is not the log: {log}");
    for complaint in ["already a transaction in progress", "idle-in-transaction timeout"] {
        let count = log.matches(complaint).count();
        assert_eq!(count, 0, "{complaint}");
    }
}

/// Each pool has one connection: asked twice, it is given back in order. What is done can be seen from outside.
async fn every_module_serves(town: &Town, site: &Site, conn: &mut PgConnection) {
    let client = Client::new();
    let (reviewer, other) = (&town.people[0], &town.people[1]);
    for _ in 0..2 {
        for path in ["/api/session", "/api/alerts", "/api/block", "/api/review", "/api/profile"] {
            let answer = client.answer(site.address(), &Call::get(path, reviewer)).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
        }
        for (method, wanted) in [(Method::PUT, 1), (Method::DELETE, 0)] {
            let answer = client.answer(site.address(), &Call::block(method, reviewer, other)).await;
            assert_eq!(answer.status, 204, "{answer:?}");
            let blocks: i64 =
                query_scalar("select count(*) from block.block where member = $1 and blocked = $2")
                    .bind(reviewer.id)
                    .bind(other.id)
                    .fetch_one(&mut *conn)
                    .await
                    .unwrap();
            assert_eq!(blocks, wanted, "the change is not there");
        }
    }
}
