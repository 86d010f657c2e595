//! Every bus against the facts that all must hold, and the faulty one against its promise to be faulty.

use std::sync::Arc;
use std::time::Duration;

use pancake::bus::faulty::{Faults, FaultyBus};
use pancake::bus::memory::MemoryBus;
use pancake::bus::null::NullBus;
use pancake::bus::rabbit::RabbitBus;
use pancake::bus::{Bus, Signal};
use pancake::dev::drive::broker::PrivateBroker;
use pancake::kernel::fault_injection::FailPoints;
use pancake::kernel::id::{MemberId, TypedId};
use tokio::time::timeout;
use uuid::Uuid;

use crate::broker;
use crate::bus_facts::{FACTS, entries, positions, read, read_to};
use crate::postgres::folder;

/// Long enough for any machine.
const HEARD_MAX: Duration = Duration::from_secs(30);

/// All facts, each on a bus of its own.
async fn holds(mut bus: impl AsyncFnMut() -> Arc<dyn Bus>) {
    for (says, holds) in FACTS {
        // Shown when it fails.
        println!("{says}");
        let bus = bus().await;
        holds(&*bus).await;
        bus.close().await;
    }
}

#[tokio::test]
async fn the_memory_bus() {
    holds(async || Arc::new(MemoryBus::default()) as Arc<dyn Bus>).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rabbitmq() {
    let Some(broker) = broker::start(&folder("broker")).await else { return };
    let mut number = 0;
    holds(async || {
        number += 1;
        Arc::new(node(&broker, &format!("facts-{number}")).await) as Arc<dyn Bus>
    })
    .await;
    one_of_two_nodes_consumes(&broker).await;
    nodes_hear_each_other(&broker).await;
}

async fn node(broker: &PrivateBroker, prefix: &str) -> RabbitBus {
    let modules = vec!["alerts", "block", "chat", "flirt"];
    let bus = RabbitBus::open(&broker.url(), prefix, modules, FailPoints::default()).await.unwrap();
    crate::wait::until("it is connected", async || bus.report().fault.is_none()).await;
    bus
}

/// A source's order survives several nodes, and a node that ends.
async fn one_of_two_nodes_consumes(broker: &PrivateBroker) {
    let (one, other) = (node(broker, "two").await, node(broker, "two").await);
    let first = one.subscribe("alerts", &["flirt"]).await.unwrap();
    let second = other.subscribe("alerts", &["flirt"]).await.unwrap();
    other.publish(&entries("flirt", 1, 100)).await.unwrap();
    assert_eq!(positions(&read(&one, first, 100).await, "flirt"), (1..=100).collect::<Vec<_>>());
    assert!(second.is_empty(), "the other node waits");
    one.close().await;
    other.publish(&entries("flirt", 101, 100)).await.unwrap();
    let rest = positions(&read_to(second, 200).await, "flirt");
    // The broker may not have heard of the first node's last receipts.
    let again = rest.iter().take_while(|position| **position <= 100).count();
    assert_eq!(rest[again..], (101..=200).collect::<Vec<_>>());
    assert!(rest.is_sorted(), "{rest:?}");
    other.close().await;
}

/// Each once, also what it says itself.
async fn nodes_hear_each_other(broker: &PrivateBroker) {
    let nodes = [node(broker, "ears").await, node(broker, "ears").await];
    let [one, other, once, end] =
        [1, 2, 3, 4].map(|number| Signal::ActorChanged(MemberId::of(Uuid::from_u128(number))));
    let mut ears = nodes.each_ref().map(Bus::signals);
    // An ear is declared a moment after the node is there.
    for (said, [from, to]) in [(one, [0, 1]), (other, [1, 0])] {
        crate::wait::until("the other node hears", async || {
            nodes[from].signal(said.clone()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            std::iter::from_fn(|| ears[to].try_recv().ok()).any(|heard| heard == said)
        })
        .await;
    }
    nodes[1].signal(once.clone()).await.unwrap();
    while timeout(HEARD_MAX, ears[0].recv()).await.expect("it arrives").unwrap() != once {}
    // The first has heard it, so whatever the broker brings of it to the second comes before this.
    nodes[0].signal(end.clone()).await.unwrap();
    let mut heard = Vec::new();
    while heard.last() != Some(&end) {
        heard.push(timeout(HEARD_MAX, ears[1].recv()).await.expect("it arrives").unwrap());
    }
    assert_eq!(heard.iter().filter(|signal| **signal == once).count(), 1);
}

#[tokio::test]
async fn the_null_bus() {
    holds(async || Arc::new(NullBus::default()) as Arc<dyn Bus>).await;
}

#[tokio::test]
async fn the_faulty_bus() {
    for seed in 1..=20 {
        println!("seed {seed}");
        holds(async || faulty(seed) as Arc<dyn Bus>).await;
    }
}

#[tokio::test]
async fn a_faulty_bus_over_none_is_none() {
    holds(async || Arc::new(FaultyBus::new(Arc::new(NullBus::default()), 1)) as Arc<dyn Bus>).await;
}

#[tokio::test]
async fn the_faulty_bus_has_every_fault() {
    for seed in 1..=20 {
        let bus = faulty(seed);
        let got = carry(&bus, 500).await;
        let mut each = got.clone();
        each.sort_unstable();
        each.dedup();
        assert!(each.len() < 500, "seed {seed}: something is lost");
        assert!(each.len() < got.len(), "seed {seed}: something comes twice");
        assert!(!got.is_sorted(), "seed {seed}: something comes late");
        let Faults { drops, repeats, reorders, .. } = bus.faults();
        assert!(drops > 0 && repeats > 0 && reorders > 0, "seed {seed}: {:?}", bus.faults());
        // What is neither there nor dropped was held back when the bus was closed.
        let missing = 500 - u64::try_from(each.len()).unwrap();
        assert!((drops..=drops + 3).contains(&missing), "seed {seed}: {missing} of {drops} are missing");
        assert_eq!(u64::try_from(got.len() - each.len()).unwrap(), repeats, "seed {seed}");
    }
}

#[tokio::test]
async fn a_seed_makes_the_same_faults_again() {
    let first = carry(&faulty(7), 300).await;
    assert_eq!(first, carry(&faulty(7), 300).await);
    assert_ne!(first, carry(&faulty(8), 300).await);
}

#[tokio::test]
async fn a_seed_makes_the_same_faults_later_on() {
    let wanted = carry(&faulty(7), 100).await;
    for old in 1..=20 {
        let bus = faulty(old);
        let mut inbound = bus.subscribe("alerts", &["flirt"]).await.unwrap();
        bus.publish(&entries("flirt", 1, 40)).await.unwrap();
        let before = inbound.recv().await.unwrap();
        assert!(before.entries.iter().all(|entry| entry.pos <= 40), "{before:?}");
        bus.reseed(7);
        for entry in entries("flirt", 41, 100) {
            bus.publish(&[entry]).await.unwrap();
        }
        bus.close().await;
        let got = positions(&read(&*bus, inbound, 100).await, "flirt");
        // What the old seed held back is not among it.
        assert_eq!(got.iter().map(|pos| pos - 40).collect::<Vec<_>>(), wanted, "after {old}");
    }
}

#[tokio::test]
async fn the_faulty_bus_loses_and_repeats_signals() {
    let bus = faulty(1);
    let mut heard = bus.signals();
    let ids = crate::bus_facts::sessions(200);
    for id in &ids {
        bus.signal(Signal::SessionEnded(*id)).await.unwrap();
    }
    let mut got = Vec::new();
    while let Ok(Signal::SessionEnded(id)) = heard.try_recv() {
        got.push(id);
    }
    let lost = ids.iter().filter(|id| !got.contains(id)).count();
    let repeated = ids.iter().filter(|id| got.iter().filter(|one| one == id).count() == 2).count();
    assert!(lost > 0 && repeated > 0, "{lost} lost, {repeated} repeated");
    assert_eq!(u64::try_from(lost + repeated).unwrap(), bus.faults().signals);
    assert_eq!(bus.faults(), Faults { signals: bus.faults().signals, ..Faults::default() });
}

fn faulty(seed: u64) -> Arc<FaultyBus> {
    Arc::new(FaultyBus::new(Arc::new(MemoryBus::default()), seed))
}

/// The positions that arrive, of so many that are published one by one, while the consumer keeps up.
async fn carry(bus: &FaultyBus, count: usize) -> Vec<i64> {
    let inbound = bus.subscribe("alerts", &["flirt"]).await.unwrap();
    let publish = async {
        for entry in entries("flirt", 1, count) {
            bus.publish(&[entry]).await.unwrap();
            tokio::task::yield_now().await;
        }
        bus.close().await;
    };
    let ((), got) = tokio::join!(publish, read(bus, inbound, count));
    positions(&got, "flirt")
}
