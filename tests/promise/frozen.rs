//! A node that freezes with a lock in its hands: the other takes over, and when it thaws nothing is doubled.

use std::time::{Duration, Instant};

use futures::future::join;
use pancake::dev::test_site::TestSite;
use rustix::process::{Signal, kill_process};
use sqlx::{AssertSqlSafe, Connection, query_scalar};

use crate::client::{Call, Client};
use crate::dice::Dice;
use crate::kept::kept;
use crate::postgres::postgres;
use crate::site::Site;
use crate::town::{Pair, Person, Town, smallest};
use crate::wait;

const SEED: u64 = 0x0066_726f_7a65;
const MEMBERS: usize = 30;
/// How long the node is frozen.
const FROZEN: Duration = Duration::from_secs(20);
/// In which time the other one takes over, at least once of twice: a busy machine may hold it up.
const TAKEN_OVER_MAX: Duration = Duration::from_secs(5);
/// Flirts that wait for the other one.
const WAITING: usize = 10;
/// Between two flirts while the node is frozen, so that they do not run out.
const PACE: Duration = Duration::from_millis(200);

/// Where a node is caught, with the lease of a consumer or the head of a journal in its hands: in this statement,
/// which waits for this table.
struct Trap {
    database: &'static str,
    table: &'static str,
    pool: &'static str,
    statement: &'static str,
}

/// Both at once: most of it is waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_in_the_middle_of_a_batch() {
    let _machine = crate::MACHINE.read().await;
    let (table, statement) = ("alerts.alert", "insert into alerts.alert%");
    let turn = Trap { database: "frozen_turn", table, pool: "pancake alerts", statement };
    let (table, statement) = ("flirt.journal", "%insert into flirt.journal%");
    let head = Trap { database: "frozen_head", table, pool: "pancake flirt", statement };
    let (turn, head) = Box::pin(join(freeze(turn), freeze(head))).await;
    assert!(turn.min(head) <= TAKEN_OVER_MAX, "the other node took {turn:?} and {head:?}");
}

/// A machine that is gone cannot be had here, and a Unix socket needs none of it: so this looks whether every
/// session asks the server to notice, and to end what stands still.
#[tokio::test]
async fn sessions_ask_to_be_ended_when_their_node_is_gone() {
    let _machine = crate::MACHINE.read().await;
    let stage = TestSite::open(postgres().await, "gone", smallest()).await.unwrap();
    for unit in stage.ctx.units() {
        for pool in [&unit.pool, &unit.background] {
            let unset: Vec<String> = query_scalar(
                "select name from pg_settings where reset_val = '0' and name in (
                     'tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count', 'tcp_user_timeout',
                     'idle_in_transaction_session_timeout', 'statement_timeout')",
            )
            .fetch_all(pool)
            .await
            .unwrap();
            assert!(unset.is_empty(), "sessions of {} have no {unset:?}", unit.spec.name);
        }
    }
    stage.close().await;
}

/// Returns how long it took until the other node had taken over.
async fn freeze(trap: Trap) -> Duration {
    let town = Town::open(postgres().await, trap.database, MEMBERS).await;
    let mut pairs = town.pairs(&mut Dice::new(SEED)).into_iter();
    let frozen = town.site(&[]).await;
    let mut conn = town.conn().await;
    let mut lock = conn.begin().await.unwrap();
    // Who writes has to wait, who reads has not.
    let take = format!("lock table {} in share mode", trap.table);
    sqlx::query(AssertSqlSafe(take)).execute(&mut *lock).await.unwrap();
    let visit = Visit { town: &town, client: Client::new() };
    let mut sent = vec![visit.flirt(&frozen, pairs.next().unwrap()).await];
    trap.closes(&town).await;
    let other = town.site(&[]).await;
    kill_process(frozen.pid(), Signal::STOP).unwrap();
    lock.rollback().await.unwrap();
    let begun = Instant::now();
    for pair in pairs.by_ref().take(WAITING) {
        sent.push(visit.flirt(&other, pair).await);
    }
    for flirt in &sent {
        visit.sees(&other, flirt).await;
    }
    let taken_over = begun.elapsed();
    assert!(taken_over < FROZEN, "the other node took {taken_over:?}");
    while begun.elapsed() < FROZEN {
        sent.push(visit.flirt(&other, pairs.next().unwrap()).await);
        visit.sees(&other, sent.last().unwrap()).await;
        tokio::time::sleep(PACE).await;
    }
    let meanwhile = sent.len();
    kill_process(frozen.pid(), Signal::CONT).unwrap();
    for pair in pairs.by_ref().take(WAITING) {
        sent.push(visit.flirt(&frozen, pair).await);
    }
    for flirt in &sent {
        visit.sees(&frozen, flirt).await;
        visit.sees(&other, flirt).await;
    }
    assert_eq!(kept(&mut conn).await, i64::try_from(sent.len()).unwrap());
    println!(
        "{}: taken over after {:.1} s, {meanwhile} flirts in {} s, {} more through the thawed node",
        trap.database,
        taken_over.as_secs_f64(),
        FROZEN.as_secs(),
        sent.len() - meanwhile
    );
    taken_over
}

impl Trap {
    /// Waits until a node's transaction is in it.
    async fn closes(&self, town: &Town) {
        let mut conn = town.conn().await;
        wait::until("the node waits for the table", async || {
            let caught: i64 = query_scalar(
                "select count(*) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock' and application_name = $1
                   and query like $2",
            )
            .bind(self.pool)
            .bind(self.statement)
            .fetch_one(&mut conn)
            .await
            .unwrap();
            caught == 1
        })
        .await;
    }
}

/// A flirt that was answered with success.
struct Sent {
    pair: Pair,
    flirt: String,
}

struct Visit<'t> {
    town: &'t Town,
    client: Client,
}

impl Visit<'_> {
    fn people(&self, (from, to): Pair) -> (&Person, &Person) {
        (&self.town.people[from], &self.town.people[to])
    }

    /// A node that has just thawed may ask for patience.
    async fn flirt(&self, node: &Site, pair: Pair) -> Sent {
        let (from, to) = self.people(pair);
        let mut flirt = None;
        wait::until("the flirt is answered", async || {
            let answer = self.client.answer(node.address(), &Call::flirt(from, to)).await;
            if !answer.is_later() {
                assert!([200, 201].contains(&answer.status), "{answer:?}");
                flirt = Some(answer.flirt());
            }
            flirt.is_some()
        })
        .await;
        Sent { pair, flirt: flirt.unwrap() }
    }

    /// Waits until the receiver sees it, on this node.
    async fn sees(&self, node: &Site, Sent { pair, flirt }: &Sent) {
        let (from, to) = self.people(*pair);
        wait::until("the receiver sees the flirt", async || {
            self.client.flirts_with(node.address(), to).await.contains(&(from.id, flirt.clone()))
        })
        .await;
    }
}
