//! Chaos: three nodes on one Postgres and one RabbitMQ, members who flirt and write through all of them, and meanwhile
//! everything that can break is broken. At the end an independent ledger of what the clients were told is compared with the
//! site: nothing lost, nothing doubled, nothing out of order, nothing stuck.
//!
//! Each fault once is played every time; `./r chaos --seed N` plays the whole, and prints the table.

mod faults;
mod judge;
mod ledger;
mod load;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use axum::http::Method;
use futures::future::{join, join_all};
use pancake::dev::drive::broker::PrivateBroker;
use pancake::store::{PrivatePostgres, Server, discard};

use crate::broker;
use crate::client::{Call, Client};
use crate::dice::Dice;
use crate::postgres::folder;
use crate::site::Site;
use crate::town::Town;
use crate::wait;

use faults::Fault;
use ledger::Ledger;
use load::Load;

/// Which faults in which order, and what the members do; the same number does the same again, as far as the machine lets it.
const SEED: &str = "CHAOS_SEED";
const SEED_DEFAULT: u64 = 1;
/// Whether each fault comes as often as it does in `./r chaos`, and not once.
const WHOLE: &str = "CHAOS_WHOLE";
const SERVER: Server = Server { durable: true, max_connections: 300 };
const NODES: usize = 3;
/// Of each node; the Postgres has some to spare.
const CONNECTIONS: &str = "64";
const CLIENTS: usize = 8;
const MEMBERS: usize = 150;
/// Pairs of which one has blocked the other.
const BLOCKED: usize = 10;

/// The nodes, the broker, the database and the members of one run.
struct Scene {
    town: Town,
    nodes: Vec<Site>,
    broker: PrivateBroker,
    postgres: Option<PrivatePostgres>,
    load: Arc<Load>,
}

impl Scene {
    /// Nothing where there is no RabbitMQ.
    async fn open(dice: &mut Dice) -> Option<Self> {
        let broker = broker::start(&folder("chaos-broker")).await?;
        let postgres = PrivatePostgres::start(&folder("chaos"), SERVER).await.unwrap();
        let mut town = Town::open(&postgres, "chaos", MEMBERS).await;
        let pairs = town.pairs(dice);
        let (blocked, fresh) = pairs.split_at(BLOCKED);
        // Held until all are known, so that they are different ones.
        let ports: Vec<TcpListener> = (0..NODES).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let addresses = ports.iter().map(|port| port.local_addr().unwrap().to_string()).collect();
        drop(ports);
        let load = Load {
            people: std::mem::take(&mut town.people),
            addresses,
            blocked: blocked.to_vec(),
            fresh: fresh.to_vec(),
            taken: AtomicUsize::new(0),
            calls: AtomicUsize::new(0),
            done: AtomicBool::new(false),
        };
        let mut scene =
            Self { town, nodes: Vec::new(), broker, postgres: Some(postgres), load: Arc::new(load) };
        for node in 0..NODES {
            let node = scene.node(node).await;
            scene.nodes.push(node);
        }
        Some(scene)
    }

    async fn node(&self, node: usize) -> Site {
        let (listen, url) = (&self.load.addresses[node], self.broker.url());
        let environment = [
            ("LISTEN", listen.as_str()),
            ("AMQP_URL", &url),
            ("CONNECTIONS", CONNECTIONS),
            // What it says while things are broken is no news to whoever broke them.
            ("LOG", "off"),
        ];
        self.town.site(&environment).await
    }

    /// The second of each pair blocks the first.
    async fn block(&self) {
        let client = Client::new();
        for (one, other) in &self.load.blocked {
            let (by, whom) = (&self.load.people[*other], &self.load.people[*one]);
            let call = Call::block(Method::PUT, by, whom);
            let answer = client.answer(&self.load.addresses[0], &call).await;
            assert_eq!(answer.status, 204, "{answer:?}");
        }
        crate::kept::settled(&mut self.town.conn().await).await;
    }

    /// Starts a node that was killed, where it was.
    async fn start_again(&mut self, node: usize) {
        self.nodes[node] = self.node(node).await;
    }

    /// Ends Postgres without a word to anybody, and starts it again: it recovers from its log.
    async fn restart_postgres(&mut self, dice: &mut Dice) {
        let postgres = self.postgres.take().unwrap();
        postgres.crash().await.unwrap();
        faults::pause(dice, 1_000).await;
        self.postgres = Some(PrivatePostgres::start(&folder("chaos"), SERVER).await.unwrap());
    }

    /// Waits for so many more calls of the members.
    async fn calls(&self, more: usize) {
        let goal = self.load.calls.load(Ordering::SeqCst) + more;
        wait::until("members go on", async || self.load.calls.load(Ordering::SeqCst) >= goal).await;
    }

    async fn close(self) {
        drop(self.nodes);
        self.postgres.unwrap().stop().await.unwrap();
        discard(&folder("chaos")).await.unwrap();
    }
}

/// A whole run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos() {
    // Three nodes, a broker, a database and eight clients are enough for one machine.
    let _machine = crate::MACHINE.write().await;
    let seed: u64 = std::env::var(SEED).map_or(SEED_DEFAULT, |seed| seed.parse().unwrap());
    let mut dice = Dice::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let plan = Fault::plan(&mut dice, std::env::var_os(WHOLE).is_none());
    println!("chaos: seed {seed}, {} faults", plan.len());
    let Some(mut scene) = Scene::open(&mut dice).await else { return };
    scene.block().await;
    let begun = Instant::now();
    let load = scene.load.clone();
    let clients = (0..CLIENTS).map(|number| {
        let load = load.clone();
        async move { load.client(number, seed).await }
    });
    let breaking = async {
        faults::all(&mut scene, &plan, &mut dice).await;
        load.done.store(true, Ordering::SeqCst);
    };
    let (ledgers, ()) = join(join_all(clients), breaking).await;
    let ledger = ledgers.into_iter().reduce(Ledger::and).unwrap();
    let broken = begun.elapsed();
    let judged = judge::judge(&scene.town, &load, &ledger).await;
    println!("\nchaos: seed {seed}");
    for (fault, count) in faults::counted(&plan) {
        println!("  {count:>2} × {}", fault.says());
    }
    println!(
        "  {} calls through {NODES} nodes in {:.0} s: {ledger}\n{judged}",
        load.calls.load(Ordering::SeqCst),
        broken.as_secs_f64(),
    );
    scene.close().await;
    judged.verdict();
    assert!(!ledger.unknown_messages.is_empty() && ledger.unsent > 0, "the faults met too little");
}
