//! A program in another language reads every event by what docs/events.md says, and another one writes garbage into the
//! exchanges and the queues: no harm.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use pancake::bus::rabbit::RabbitBus;
use pancake::bus::{Bus, Entry};
use pancake::dev::drive::broker::PrivateBroker;
use pancake::dev::test_site::{TestSite, TestSiteOptions, story_time};
use pancake::kernel::fault_injection::FailPoints;
use pancake::kernel::id::{MemberId, TypedId};
use pancake::modules::flirt::contract::FlirtSent;
use pancake::modules::registry;
use sqlx::query_scalar;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use uuid::Uuid;

use crate::broker;
use crate::join::join;
use crate::postgres::{folder, postgres};
use crate::wait;

/// Small, and enough for every module.
const CONNECTIONS: u16 = 48;
/// So long that nothing waits for it: what comes from the journal was looked for, or was missing.
const POLL_MS: u64 = 60_000;
/// What the other programs log in with.
const STRANGER: &str = "stranger";
const CARELESS: &str = "careless";
/// Does whatever docs/events.md promises or forbids.
const PROGRAM: &str = "scripts/foreign/foreign.py";
/// What docs/events.md prints for whoever begins.
const PRINTED: &str = "src/dev/usecase/events/consume.py";

#[derive(serde::Deserialize)]
struct Sample {
    event: String,
    payload: Box<serde_json::value::RawValue>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_in_other_languages() {
    let _machine = crate::MACHINE.read().await;
    let Some(broker) = broker::start(&folder("foreign-broker")).await else { return };
    let Some(programs) = programs().await else { return };
    let own = format!("^{STRANGER}\\..*");
    account(&broker, STRANGER, [&own, &own, &format!("{own}|^words\\.events$")]).await;
    account(&broker, CARELESS, [".*", ".*", ".*"]).await;
    every_event_is_read(&broker, &programs).await;
    garbage_does_no_harm(&broker, &programs).await;
}

/// Every event of the registry, on a bus that no site is on.
async fn every_event_is_read(broker: &PrivateBroker, programs: &Path) {
    let bus = RabbitBus::open(&broker.url(), "words", modules(), FailPoints::default()).await.unwrap();
    let entries = samples();
    let mut known: BTreeSet<String> = registry().events().map(|event| event.name.to_owned()).collect();
    let count = entries.len().to_string();
    let (mut reader, mut lines) =
        run(broker, programs, STRANGER, &[PROGRAM, "consume", "URL", "words", &count]);
    assert_eq!(lines.next_line().await.unwrap().unwrap(), format!("ready {}", known.len()));
    wait::until("the bus is connected", async || bus.report().fault.is_none()).await;
    for entry in entries {
        bus.publish(&[entry]).await.unwrap();
    }
    while let Some(line) = lines.next_line().await.unwrap() {
        known.remove(line.strip_prefix("event ").unwrap());
    }
    assert!(reader.wait().await.unwrap().success(), "the program says why above");
    assert!(known.is_empty(), "never came: {known:?}");
    bus.close().await;
}

async fn garbage_does_no_harm(broker: &PrivateBroker, programs: &Path) {
    let bus =
        Arc::new(RabbitBus::open(&broker.url(), "pancake", modules(), FailPoints::default()).await.unwrap());
    let options = TestSiteOptions { bus: bus.clone(), poll_ms: POLL_MS, ..TestSiteOptions::of(CONNECTIONS) };
    let stage = TestSite::open_with(postgres().await, "strangers", options).await.unwrap();
    let (nancy, bob) = (join(&stage, "nancy", "approved").await, join(&stage, "bob", "approved").await);
    let (_reader, mut printed) = run(broker, programs, CARELESS, &[PRINTED, "URL"]);
    wait::until("the printed program is bound", async || {
        broker.control(&["list_bindings", "destination_name"]).await.unwrap().contains("my-program")
    })
    .await;
    wait::until("the bus is connected", async || bus.report().fault.is_none()).await;
    flirt(&stage, nancy, bob).await;
    let said = printed.next_line().await.unwrap();
    assert_eq!(said, Some(format!("{nancy} flirted with {bob}")));
    let words = [PROGRAM, "inject", "URL", "pancake", "pancake.alerts", "pancake.nav", "pancake.chat"];
    let (mut writer, mut lines) = run(broker, programs, CARELESS, &words);
    let said = lines.next_line().await.unwrap().expect("it says how many");
    let sent: u64 = said.strip_prefix("sent ").unwrap().parse().unwrap();
    assert!(writer.wait().await.unwrap().success(), "the program says why above");
    wait::until("all garbage is put aside", async || bus.report().foreign >= sent).await;
    flirt(&stage, bob, nancy).await;
    // It believes no stranger either: what it says next is what happened next.
    let said = printed.next_line().await.unwrap();
    assert_eq!(said, Some(format!("{bob} flirted with {nancy}")));
    // Dead letters would be an error.
    stage.settle().await.unwrap();
    let alerts = "select count(*) from alerts.alert where kind = 'flirt'";
    let alerts: i64 =
        query_scalar(alerts).fetch_one(&stage.ctx.unit_named("alerts").unwrap().pool).await.unwrap();
    let taken = stage.ctx.metrics().taken();
    println!("foreign: {sent} strange messages, {} put aside, {taken:?}", bus.report().foreign);
    assert_eq!((alerts, taken.journal, bus.report().fault), (2, 0, None));
    stage.close().await;
}

async fn flirt(stage: &TestSite, from: MemberId, to: MemberId) {
    let applied = stage.give(Box::new(FlirtSent { from, to }), story_time()).await.unwrap();
    assert!(applied.changed());
}

/// Everything that was ever published, as the journals' readers are tested with it.
fn samples() -> Vec<Entry> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/events");
    let registry = registry();
    let mut entries = Vec::new();
    for source in registry.modules() {
        let text = std::fs::read_to_string(folder.join(format!("{}.jsonl", source.name))).unwrap_or_default();
        for (line, pos) in text.lines().zip(1..) {
            let Sample { event, payload } = serde_json::from_str(line).unwrap();
            entries.push(Entry {
                source: source.name,
                epoch: 1,
                pos,
                id: TypedId::of(number(pos)),
                name: event.into(),
                key: TypedId::of(number(-pos)),
                at: story_time(),
                payload: Some(payload.into()),
                cause: None,
            });
        }
    }
    entries
}

/// An id made of a number, which here need not be the only one.
fn number(of: i64) -> Uuid {
    Uuid::from_u64_pair(7, of.unsigned_abs() + u64::from(of < 0))
}

fn modules() -> Vec<&'static str> {
    registry().modules().iter().map(|spec| spec.name).collect()
}

/// An account of the broker, and what it may configure, write and read.
async fn account(broker: &PrivateBroker, name: &str, [configure, write, read]: [&str; 3]) {
    broker.control(&["add_user", name, name]).await.unwrap();
    broker.control(&["set_permissions", name, configure, write, read]).await.unwrap();
}

/// Python with pika, from the package index. Without it the test is skipped, and says so; where `CI` is set nothing is.
async fn programs() -> Option<std::path::PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/venv.sh");
    let output = Command::new(script).arg("foreign").stderr(Stdio::inherit()).output().await.unwrap();
    if output.status.success() {
        return Some(String::from_utf8(output.stdout).unwrap().trim().into());
    }
    assert!(std::env::var_os("CI").is_none(), "no Python with pika");
    eprintln!("SKIPPED, although it matters: programs in other languages. There is no Python with pika.");
    None
}

/// Starts a program as this account: in its words, `URL` is where that finds the broker. It ends with this test.
fn run(
    broker: &PrivateBroker,
    programs: &Path,
    account: &str,
    words: &[&str],
) -> (Child, Lines<BufReader<ChildStdout>>) {
    let url = broker.url().replace("guest:guest", &format!("{account}:{account}"));
    let mut child = Command::new(programs.join("python"))
        .args(words.iter().map(|word| if *word == "URL" { &*url } else { word }))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}
