//! What must hold of every bus, given what it says of itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt;
use futures::future::BoxFuture;
use pancake::bus::{Bus, Delivery, Entry, Features, Inbound, Signal};
use pancake::dev::test_site::story_time;
use pancake::kernel::id::{EventId, MemberId, SessionId, TypedId};
use serde_json::value::RawValue;
use tokio::time::timeout;
use uuid::Uuid;

/// Long enough for any machine; a bus that needs so long has failed.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// How long something is waited for that may be lost.
const AGAIN: Duration = Duration::from_millis(100);
/// Entries that are published before the first of them was read.
const AHEAD_MAX: usize = 200;
/// Bunches that may wait for one consumer.
const WAITING_MAX: usize = 4096;

/// A sentence, and what proves it on a bus that nobody has used yet.
pub(crate) type Fact = (&'static str, for<'b> fn(&'b dyn Bus) -> BoxFuture<'b, ()>);

pub(crate) const FACTS: [Fact; 9] = [
    ("every subscriber of a source gets all of it", |bus| all_arrive(bus).boxed()),
    ("nobody gets what he did not ask for", |bus| nothing_else_arrives(bus).boxed()),
    ("a delivery is of one source, and not empty", |bus| deliveries(bus).boxed()),
    ("what arrives is in order, and there once", |bus| order(bus).boxed()),
    ("what arrives is as it was", |bus| unchanged(bus).boxed()),
    ("publishing to nobody is fine, and nobody gets it later", |bus| to_nobody(bus).boxed()),
    ("who does not read holds up nobody, and costs a bounded room", |bus| who_does_not_read(bus).boxed()),
    ("closing ends what is subscribed", |bus| closing(bus).boxed()),
    ("signals reach all who listen", |bus| signals(bus).boxed()),
];

async fn all_arrive(bus: &dyn Bus) {
    let alerts = bus.subscribe("alerts", &["flirt", "block"]).await.unwrap();
    let chat = bus.subscribe("chat", &["flirt"]).await.unwrap();
    for delivery in entries("flirt", 1, 200).chunks(7) {
        bus.publish(delivery).await.unwrap();
    }
    for delivery in entries("block", 1, 100).chunks(3) {
        bus.publish(delivery).await.unwrap();
    }
    // One after the other: where some is missing, the bus is closed to know what came.
    let got = arrived(bus, alerts, 300).await;
    let also = arrived(bus, chat, 200).await;
    for (got, source, count) in [(&got, "flirt", 200), (&got, "block", 100), (&also, "flirt", 200)] {
        let each: BTreeSet<i64> = positions(got, source).into_iter().collect();
        let Features { carries, delivers, .. } = bus.features();
        match (carries, delivers) {
            (true, true) => assert_eq!(each, (1..=count).collect(), "{source}"),
            (true, false) => {
                assert!(!each.is_empty() && each.is_subset(&(1..=count).collect()), "{source}: {each:?}");
            }
            (false, _) => assert!(each.is_empty(), "{source}: {each:?}"),
        }
    }
}

async fn nothing_else_arrives(bus: &dyn Bus) {
    let chat = bus.subscribe("chat", &["flirt"]).await.unwrap();
    for number in 1..=50 {
        bus.publish(&entries("block", number, 1)).await.unwrap();
        bus.publish(&entries("flirt", number, 1)).await.unwrap();
    }
    let got = arrived(bus, chat, 50).await;
    assert_eq!(positions(&got, "block"), [] as [i64; 0]);
    assert!(got.iter().all(|entry| entry.source == "flirt"));
    assert_eq!(got.is_empty(), !bus.features().carries);
}

async fn deliveries(bus: &dyn Bus) {
    let mut inbound = bus.subscribe("alerts", &["flirt", "block"]).await.unwrap();
    bus.publish(&[]).await.unwrap();
    for number in 0..20 {
        bus.publish(&entries("flirt", number * 5 + 1, 5)).await.unwrap();
        bus.publish(&entries("block", number * 2 + 1, 2)).await.unwrap();
    }
    let mut left = if bus.features().delivers { 140 } else { usize::MAX };
    if !bus.features().delivers {
        bus.close().await;
    }
    while left > 0 {
        let Some(delivery) = timeout(WAIT_MAX, inbound.recv()).await.expect("it ends") else { break };
        let Delivery { entries, ack } = delivery;
        let source = entries.first().expect("an entry").source;
        assert!(entries.iter().all(|entry| entry.source == source), "{entries:?}");
        left -= entries.len();
        ack.give().await;
    }
}

async fn order(bus: &dyn Bus) {
    let inbound = bus.subscribe("alerts", &["flirt"]).await.unwrap();
    for delivery in entries("flirt", 1, 1000).chunks(5) {
        hand(bus, delivery).await;
    }
    let got = positions(&arrived(bus, inbound, 1000).await, "flirt");
    let each: BTreeSet<i64> = got.iter().copied().collect();
    let Features { ordered, once, .. } = bus.features();
    // Without these promises it is the consumer who puts things right; here nothing is certain.
    assert!(!ordered || got.is_sorted(), "{got:?}");
    assert!(!once || each.len() == got.len(), "{got:?}");
    assert!(each.iter().all(|pos| (1..=1000).contains(pos)), "{got:?}");
}

async fn unchanged(bus: &dyn Bus) {
    let json = |text: &str| Some(Arc::from(RawValue::from_string(text.to_owned()).unwrap()));
    let mut sent: Vec<Entry> = entries("flirt", i64::MAX - 100, 90);
    for (number, entry) in sent.iter_mut().enumerate() {
        entry.epoch = i64::MAX - 5;
        entry.at += TimeDelta::microseconds(1);
        match number % 3 {
            0 => entry.payload = None,
            1 => entry.payload = json(r#"{"text":"å ♥ \u0000 \"","n":1.50,"big":18446744073709551616}"#),
            _ => entry.name = "flirt-sént".into(),
        }
    }
    let inbound = bus.subscribe("alerts", &["flirt"]).await.unwrap();
    for delivery in sent.chunks(9) {
        bus.publish(delivery).await.unwrap();
    }
    let got = arrived(bus, inbound, 90).await;
    assert_eq!(got.is_empty(), !bus.features().carries);
    for entry in got {
        let same = sent.iter().find(|sent| sent.pos == entry.pos).expect("it was sent");
        assert_eq!(format!("{entry:?}"), format!("{same:?}"));
    }
}

async fn to_nobody(bus: &dyn Bus) {
    let witness = bus.subscribe("chat", &["block"]).await.unwrap();
    bus.publish(&entries("flirt", 1, 10)).await.unwrap();
    passed(bus, witness).await;
    let inbound = bus.subscribe("alerts", &["flirt"]).await.unwrap();
    for number in 11..=60 {
        bus.publish(&entries("flirt", number, 1)).await.unwrap();
    }
    let got = positions(&arrived(bus, inbound, 50).await, "flirt");
    assert_eq!(got.is_empty(), !bus.features().carries);
    assert!(got.iter().all(|pos| *pos > 10), "{got:?}");
}

/// What was published before has come through: a bus may hand over after it has said yes, so whoever subscribes at once
/// may get some of it. Something later that comes through to this witness shows it.
async fn passed(bus: &dyn Bus, mut witness: Inbound) {
    if !bus.features().carries {
        return;
    }
    let through = async {
        for number in 1.. {
            bus.publish(&entries("block", number, 1)).await.unwrap();
            // One that is lost is followed by another.
            if timeout(AGAIN, witness.recv()).await.is_ok() {
                break;
            }
        }
    };
    timeout(WAIT_MAX, through).await.expect("something comes through");
}

async fn who_does_not_read(bus: &dyn Bus) {
    const COUNT: usize = 5_000;
    let idle = bus.subscribe("chat", &["flirt"]).await.unwrap();
    let mut reading = bus.subscribe("alerts", &["flirt"]).await.unwrap();
    let delivers = bus.features().delivers;
    let mut each = BTreeSet::new();
    // Where all arrive, nobody runs far ahead of the one who reads.
    for round in entries("flirt", 1, COUNT).chunks(if delivers { AHEAD_MAX } else { COUNT }) {
        let publish = async {
            for entry in round {
                hand(bus, std::slice::from_ref(entry)).await;
                // Who reads gets a turn.
                tokio::task::yield_now().await;
            }
            if !delivers {
                bus.close().await;
            }
        };
        let both = async { tokio::join!(publish, take(bus, &mut reading, round.len())) };
        let ((), got) = timeout(WAIT_MAX, both).await.expect("nobody is held up");
        each.extend(positions(&got, "flirt"));
    }
    let Features { carries, delivers, .. } = bus.features();
    assert!(!delivers || each.len() == COUNT, "{} of {COUNT} arrived", each.len());
    assert_eq!(each.is_empty(), !carries);
    assert!(idle.len() < WAITING_MAX, "{} wait", idle.len());
}

/// Publishes, and again where the bus refuses: one that does not keep up is no fault here.
async fn hand(bus: &dyn Bus, entries: &[Entry]) {
    let handing = async {
        while bus.publish(entries).await.is_err() {
            tokio::time::sleep(AGAIN).await;
        }
    };
    timeout(WAIT_MAX, handing).await.expect("the bus takes it");
}

async fn closing(bus: &dyn Bus) {
    let mut inbound = bus.subscribe("alerts", &["flirt"]).await.unwrap();
    bus.publish(&entries("flirt", 1, 5)).await.unwrap();
    bus.close().await;
    let to_the_end = async { while inbound.recv().await.is_some() {} };
    timeout(WAIT_MAX, to_the_end).await.expect("it ends");
}

async fn signals(bus: &dyn Bus) {
    let (mut one, mut other) = (bus.signals(), bus.signals());
    let ids = sessions(100);
    for id in &ids {
        bus.signal(Signal::SessionEnded(*id)).await.unwrap();
    }
    bus.signal(Signal::ActorChanged(MemberId::of(Uuid::from_u128(1)))).await.unwrap();
    let sent: Vec<Signal> = ids.iter().map(|id| Signal::SessionEnded(*id)).collect();
    for heard in [&mut one, &mut other] {
        let mut got = Vec::new();
        if bus.features().signals {
            for _ in 0..=sent.len() {
                got.push(timeout(WAIT_MAX, heard.recv()).await.expect("it arrives").unwrap());
            }
            assert!(sent.iter().all(|signal| got.contains(signal)), "{got:?}");
            assert!(got.contains(&Signal::ActorChanged(MemberId::of(Uuid::from_u128(1)))), "{got:?}");
        } else {
            while let Ok(signal) = heard.try_recv() {
                got.push(signal);
            }
            let known = |signal: &Signal| matches!(signal, Signal::ActorChanged(_)) || sent.contains(signal);
            assert!(got.iter().all(known), "{got:?}");
            assert_eq!(got.is_empty(), !bus.features().carries);
        }
    }
}

/// What a subscriber gets of so many. Where some may be lost, the bus is closed, and it is what there is.
pub(crate) async fn arrived(bus: &dyn Bus, inbound: Inbound, count: usize) -> Vec<Entry> {
    if !bus.features().delivers {
        bus.close().await;
    }
    read(bus, inbound, count).await
}

/// The same, where somebody else closes the bus.
pub(crate) async fn read(bus: &dyn Bus, mut inbound: Inbound, count: usize) -> Vec<Entry> {
    take(bus, &mut inbound, count).await
}

/// The same, until this position has come: what nobody is known to have taken comes again.
pub(crate) async fn read_to(mut inbound: Inbound, last: i64) -> Vec<Entry> {
    let mut got: Vec<Entry> = Vec::new();
    while got.last().is_none_or(|entry| entry.pos < last) {
        let Some(delivery) = timeout(WAIT_MAX, inbound.recv()).await.expect("all arrive in time") else {
            break;
        };
        got.extend(delivery.entries.iter().cloned());
        delivery.ack.give().await;
    }
    got
}

async fn take(bus: &dyn Bus, inbound: &mut Inbound, count: usize) -> Vec<Entry> {
    let mut got: Vec<Entry> = Vec::new();
    while !bus.features().delivers || got.len() < count {
        match timeout(WAIT_MAX, inbound.recv()).await.expect("all arrive in time") {
            Some(delivery) => {
                got.extend(delivery.entries.iter().cloned());
                delivery.ack.give().await;
            }
            None => break,
        }
    }
    got
}

/// Entries of a source from a position on.
pub(crate) fn entries(source: &'static str, from: i64, count: usize) -> Vec<Entry> {
    let payload: Arc<RawValue> = Arc::from(RawValue::from_string("{\"n\":1}".to_owned()).unwrap());
    (from..).take(count).map(|pos| entry(source, pos, &payload)).collect()
}

fn entry(source: &'static str, pos: i64, payload: &Arc<RawValue>) -> Entry {
    let number = u128::from(pos.unsigned_abs());
    Entry {
        source,
        epoch: 0,
        pos,
        id: EventId::of(Uuid::from_u128(number)),
        name: "flirt-sent".into(),
        key: MemberId::of(Uuid::from_u128(number % 7)),
        at: story_time(),
        payload: Some(payload.clone()),
        cause: (number % 2 == 0).then(|| Uuid::from_u128(number)),
    }
}

/// The positions of a source, in the order in which they came.
pub(crate) fn positions(entries: &[Entry], source: &str) -> Vec<i64> {
    entries.iter().filter(|entry| entry.source == source).map(|entry| entry.pos).collect()
}

pub(crate) fn sessions(count: u128) -> Vec<SessionId> {
    (1..=count).map(|number| SessionId::of(Uuid::from_u128(number))).collect()
}
