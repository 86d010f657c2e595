//! Postgres is restarted under the running site, which works again by itself: nobody sees a fault of ours.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::{join, join_all};
use pancake::store::{PrivatePostgres, Server, discard};
use sqlx::query_scalar;

use crate::client::{Call, Client, Heard};
use crate::dice::Dice;
use crate::kept::kept;
use crate::postgres::folder;
use crate::site::Site;
use crate::town::{Pair, Town};
use crate::wait;

const SEED: u64 = 0x0072_6573_7461;
const SERVER: Server = Server { durable: true, max_connections: 250 };
/// What it logs while its database is away is no news to who reads the test.
const QUIET: [(&str, &str); 1] = [("LOG", "off")];
const CLIENTS: usize = 8;
const MEMBERS: usize = 60;
/// How often one flirt is tried: a second apart, so for longer than a restart takes.
const TRIES_MAX: usize = 20;
/// Successes before, between and after.
const WARM: usize = 40;

pub(crate) struct Scene<'t> {
    town: &'t Town,
    pub(crate) site: &'t Site,
    begun: Instant,
    answered: AtomicUsize,
    /// Answers of 503.
    pub(crate) later: AtomicUsize,
}

impl<'t> Scene<'t> {
    pub(crate) fn new(town: &'t Town, site: &'t Site) -> Self {
        let (answered, later) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { town, site, begun: Instant::now(), answered, later }
    }

    /// Flirts until it has happened. Returns how many tries that took: each is a success, or is told to come later.
    pub(crate) async fn flirt(&self, client: &Client, (from, to): Pair) -> usize {
        let call = Call::flirt(&self.town.people[from], &self.town.people[to]);
        for tries in 1..=TRIES_MAX {
            let heard = client.ask(self.site.address(), &call).await;
            let Heard::Answer(answer) = heard else { panic!("{} {}: {heard:?}", call.method, call.path) };
            if !answer.is_later() {
                assert!([200, 201].contains(&answer.status), "{answer:?}");
                self.answered.fetch_add(1, Ordering::SeqCst);
                return tries;
            }
            self.later.fetch_add(1, Ordering::SeqCst);
            // As it was told.
            tokio::time::sleep(Duration::from_secs(answer.retry_after.unwrap())).await;
        }
        panic!("{} was answered 503 {TRIES_MAX} times", call.path);
    }

    /// All at once. Returns the most tries that one took.
    async fn all(&self, client: &Client, pairs: &[Pair]) -> usize {
        join_all(pairs.iter().map(|pair| self.flirt(client, *pair))).await.into_iter().max().unwrap()
    }

    /// Waits for so many more successes.
    pub(crate) async fn answers(&self, more: usize) {
        let goal = self.answered.load(Ordering::SeqCst) + more;
        let enough = async || self.answered.load(Ordering::SeqCst) >= goal;
        wait::until("flirts are answered", enough).await;
    }

    /// Everything is as if nothing had been.
    pub(crate) async fn ends(&self, when: &str, flirts: usize, tries: usize) {
        wait::until("the site is ready", async || self.site.get("/health/ready").starts_with("HTTP/1.1 200"))
            .await;
        assert_eq!(kept(&mut self.town.conn().await).await, i64::try_from(flirts).unwrap());
        println!(
            "restarted {when}: {flirts} flirts, {} answers of 503, at most {tries} tries for one; {:.1} s",
            self.later.load(Ordering::SeqCst),
            self.begun.elapsed().as_secs_f64()
        );
    }
}

/// Stops Postgres and starts it again, on the same data and the same socket.
async fn restart(postgres: PrivatePostgres, name: &str) -> PrivatePostgres {
    postgres.stop().await.unwrap();
    PrivatePostgres::start(&folder(name), SERVER).await.unwrap()
}

/// Connections that nobody has used for a while are tried before they are used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarted_while_nobody_asks() {
    const NAME: &str = "restarted_idle";
    let _machine = crate::MACHINE.read().await;
    let postgres = PrivatePostgres::start(&folder(NAME), SERVER).await.unwrap();
    let town = Town::open(&postgres, NAME, MEMBERS).await;
    let site = town.site(&QUIET).await;
    let scene = Scene::new(&town, &site);
    let client = Client::new();
    let pairs = town.pairs(&mut Dice::new(SEED));
    let (before, after) = pairs[..CLIENTS * 2].split_at(CLIENTS);
    let _ = scene.all(&client, before).await;
    let mut conn = town.conn().await;
    wait::until("connections are idle for longer than a second", async || {
        let idle: i64 = query_scalar(
            "select count(*) from pg_stat_activity
             where datname = current_database() and application_name = 'pancake flirt' and state = 'idle'
               and state_change < clock_timestamp() - interval '1.2 s'",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        idle > 1
    })
    .await;
    drop(conn);
    let postgres = restart(postgres, NAME).await;
    let tries = scene.all(&client, after).await;
    scene.ends("while nobody asks", CLIENTS * 2, tries).await;
    drop(site);
    postgres.stop().await.unwrap();
    discard(&folder(NAME)).await.unwrap();
}

/// Connections in use break, and so do those that were used a moment ago, which nobody tries first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarted_while_everybody_asks() {
    const NAME: &str = "restarted_busy";
    let _machine = crate::MACHINE.read().await;
    let postgres = PrivatePostgres::start(&folder(NAME), SERVER).await.unwrap();
    let town = Town::open(&postgres, NAME, MEMBERS).await;
    let site = town.site(&QUIET).await;
    let scene = Scene::new(&town, &site);
    let pairs = town.pairs(&mut Dice::new(SEED));
    let next = AtomicUsize::new(0);
    let done = AtomicBool::new(false);
    let clients = join_all((0..CLIENTS).map(|_| async {
        let client = Client::new();
        let mut tries = 0;
        while !done.load(Ordering::SeqCst) {
            let pair = pairs[next.fetch_add(1, Ordering::SeqCst)];
            tries = tries.max(scene.flirt(&client, pair).await);
        }
        tries
    }));
    let restarting = async {
        scene.answers(WARM).await;
        let postgres = restart(postgres, NAME).await;
        scene.answers(WARM).await;
        // Faster than any restart: whatever is in the pools was used a moment ago.
        let mut conn = town.conn().await;
        let cut: i64 = query_scalar(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and application_name like 'pancake %'",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        assert!(cut > 5, "{cut} connections were cut");
        scene.answers(WARM).await;
        done.store(true, Ordering::SeqCst);
        postgres
    };
    let (tries, postgres) = join(clients, restarting).await;
    let tries = tries.into_iter().max().unwrap();
    scene.ends("while everybody asks", next.load(Ordering::SeqCst), tries).await;
    assert!(scene.later.load(Ordering::SeqCst) > 0, "nobody noticed the restart");
    drop(site);
    postgres.stop().await.unwrap();
    discard(&folder(NAME)).await.unwrap();
}
