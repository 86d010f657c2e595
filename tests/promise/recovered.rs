//! The whole site is restored from a backup that was made under load, as docs/operations.md has it, with its broker as it was:
//! what was lost is shown to nobody, and nothing that happens afterwards is missed.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::future::{join, join_all};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, query_scalar};

use crate::broker;
use crate::client::Client;
use crate::dice::Dice;
use crate::kept::kept;
use crate::postgres::{folder, postgres};
use crate::restarted::Scene;
use crate::site::command;
use crate::town::{Pair, Town};
use crate::wait;

const SEED: u64 = 0x7265_636f_7665;
const NAME: &str = "recovered";
const MEMBERS: usize = 200;
const CLIENTS: usize = 6;
/// Flirts before the backup, while it is made, and after it, at least.
const WARM: usize = 100;
/// Flirts whose alerts are still on the broker when the site is killed.
const QUEUED: usize = 3;

fn well(program: &str, args: &[&str]) {
    let output =
        Command::new(program).args(args).output().unwrap_or_else(|fault| panic!("{program}: {fault}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

fn nothing_waits(url: &str) {
    let said = command().arg("status").env("DATABASE_URL", url).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

/// Makes the backup while members flirt, and alerts waits for this lock: what it has still to read is in its queue.
async fn back_up(town: &Town, scene: &Scene<'_>, pairs: &[Pair], file: &str) -> PgConnection {
    let mut locker = town.conn().await;
    let (next, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let flirting = join_all((0..CLIENTS).map(|_| async {
        let client = Client::new();
        while !done.load(Ordering::SeqCst) {
            scene.flirt(&client, pairs[next.fetch_add(1, Ordering::SeqCst)]).await;
        }
    }));
    let backing_up = async {
        scene.answers(WARM).await;
        locker.execute("begin; lock table alerts.alert in exclusive mode").await.unwrap();
        scene.answers(WARM).await;
        let (url, file) = (town.url().to_owned(), file.to_owned());
        let dump = move || well("pg_dump", &["-Fc", "-f", &file, "-d", &url]);
        tokio::task::spawn_blocking(dump).await.unwrap();
        scene.answers(WARM).await;
        done.store(true, Ordering::SeqCst);
    };
    join(flirting, backing_up).await;
    locker
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restored_under_load_with_the_broker_as_it_was() {
    let _machine = crate::MACHINE.read().await;
    let Some(broker) = broker::start(&folder("recovered-broker")).await else { return };
    let town = Town::open(postgres().await, NAME, MEMBERS).await;
    let dump = folder("recovered-dump");
    std::fs::create_dir_all(&dump).unwrap();
    let dump = dump.join("site.dump").to_str().unwrap().to_owned();
    let broker_url = broker.url();
    let settings = [("AMQP_URL", broker_url.as_str()), ("LOG", "off")];
    let mut pairs = town.pairs(&mut Dice::new(SEED));
    let queued = pairs.split_off(pairs.len() - QUEUED);
    let client = Client::new();

    let mut site = town.site(&settings).await;
    let scene = Scene::new(&town, &site);
    let locker = back_up(&town, &scene, &pairs, &dump).await;
    for pair in &queued {
        scene.flirt(&client, *pair).await;
    }
    let flirts = "select count(*) from flirt.flirt";
    let before: i64 = query_scalar(flirts).fetch_one(&mut town.conn().await).await.unwrap();
    let outbox = "select count(*) from flirt.outbox";
    wait::until("all are published", async || {
        query_scalar::<_, i64>(outbox).fetch_one(&mut town.conn().await).await.unwrap() == 0
    })
    .await;
    rustix::process::kill_process(site.pid(), rustix::process::Signal::KILL).unwrap();
    site.ended();
    locker.close().await.unwrap();

    // As the page has it: no node runs, and the database is empty.
    let mut above = postgres().await.options().database("postgres").connect().await.unwrap();
    above.execute("drop database recovered with (force)").await.unwrap();
    above.execute("create database recovered").await.unwrap();
    well("pg_restore", &["-d", town.url(), &dump]);
    let restored: i64 = query_scalar(flirts).fetch_one(&mut town.conn().await).await.unwrap();
    assert!((1..before).contains(&restored), "{restored} of {before}");

    let site = town.site(&settings).await;
    let scene = Scene::new(&town, &site);
    // Also pairs whose flirts were lost.
    for pair in queued.iter().chain(&pairs[pairs.len() - WARM..]) {
        scene.flirt(&client, *pair).await;
    }
    let mut conn = town.conn().await;
    let kept = kept(&mut conn).await;
    assert!(kept > restored);
    let stopped = "select count(*) from alerts.offsets where stopped is not null";
    assert_eq!(query_scalar::<_, i64>(stopped).fetch_one(&mut conn).await.unwrap(), 0);
    let epoch = "select epoch from flirt.head";
    assert!(query_scalar::<_, i64>(epoch).fetch_one(&mut conn).await.unwrap() > 1);
    let url = town.url().to_owned();
    tokio::task::spawn_blocking(move || nothing_waits(&url)).await.unwrap();
    println!(
        "recovered: {before} flirts, {restored} in the backup, {kept} in the end; none is shown that was lost"
    );
}
