//! The site's own Postgres dies under load, and once its disk is full: the process lives, says so, and all is well again by
//! itself. What was acknowledged is there.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::{join, join_all};
use pancake::store::{PrivatePostgres, Server, discard};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Executor, query_scalar};

use crate::client::Client;
use crate::dice::Dice;
use crate::postgres::folder;
use crate::restarted::Scene;
use crate::site::Site;
use crate::town::{Pair, Town};
use crate::wait;

const SEED: u64 = 0x0072_6576_6976;
const SERVER: Server = Server { durable: true, max_connections: 250 };
/// What it logs while its database is away is no news to who reads the test.
const QUIET: [(&str, &str); 1] = [("LOG", "off")];
/// What a site calls its database.
const DATABASE: &str = "pancake";
const CLIENTS: usize = 8;
/// So many that a fast machine does not run out of pairs.
const MEMBERS: usize = 300;
/// Successes before and after each blow.
const WARM: usize = 30;
/// Ends of the whole server, and of one session.
const BLOWS: [(&str, Signal, bool); 4] = [
    ("kill -9", Signal::KILL, true),
    ("an immediate shutdown", Signal::QUIT, true),
    ("kill -9 of a session", Signal::KILL, false),
    ("a fast shutdown", Signal::INT, true),
];
/// Room for a cluster, for what a start wants to be free, and for some minutes of work.
const DISK: &str = "size=320m,mode=0700";
/// A piece of what fills it.
const FILL_BYTES: usize = 64 * 1024;
/// How long the disk stays full after everybody has noticed.
const FULL: Duration = Duration::from_secs(2);
/// From room to service: the longest wait between two tries, the start, and some for a busy machine.
const HEALED_MAX: Duration = Duration::from_secs(20);
/// From SIGTERM to the end, and some for a busy machine.
const STOP_MAX: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_own_postgres_dies_under_load() {
    let _machine = crate::MACHINE.read().await;
    let data = folder("revived");
    let (mut town, _) = town(&data).await;
    let mut site = town.moved_to(data.clone(), &QUIET).await;
    let scene = Scene::new(&town, &site);
    let blows = async {
        for (what, signal, whole) in BLOWS {
            scene.answers(WARM).await;
            let begun = Instant::now();
            let mut conn = town.conn().await;
            let cluster: String = query_scalar("show data_directory").fetch_one(&mut conn).await.unwrap();
            let sql = "select pid from pg_stat_activity where application_name = 'pancake flirt' limit 1";
            let session: i32 = query_scalar(sql).fetch_one(&mut conn).await.unwrap();
            drop(conn);
            let server = server_of(Path::new(&cluster));
            kill_process(if whole { server } else { Pid::from_raw(session).unwrap() }, signal).unwrap();
            if whole {
                notices(&scene, Path::new(&cluster), server).await;
            }
            says(&scene, "it is there again", "200", r#""privatePostgres":"runs""#).await;
            println!("revived after {what}: ready after {:.1} s", begun.elapsed().as_secs_f64());
            assert_eq!(server_of(Path::new(&cluster)) == server, !whole);
        }
        scene.answers(WARM).await;
    };
    let flirts = under_load(&town, &scene, blows).await;
    scene.ends("by its own site", flirts.0, flirts.1).await;
    assert!(scene.later.load(Ordering::SeqCst) > 0, "nobody noticed");
    // Whatever it is doing, it ends when it is told to.
    let mut conn = town.conn().await;
    let cluster: String = query_scalar("show data_directory").fetch_one(&mut conn).await.unwrap();
    drop(conn);
    let server = server_of(Path::new(&cluster));
    kill_process(server, Signal::KILL).unwrap();
    notices(&scene, Path::new(&cluster), server).await;
    let begun = Instant::now();
    kill_process(site.pid(), Signal::TERM).unwrap();
    assert_eq!(site.ended().code(), Some(0));
    println!("revived: told to end while it restarts, ended after {:.1} s", begun.elapsed().as_secs_f64());
    assert!(begun.elapsed() < STOP_MAX);
    discard(&data).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_disk_is_full_for_a_while() {
    let _machine = crate::MACHINE.read().await;
    let made = folder("revived_full");
    let (mut town, cluster) = town(&made).await;
    let Some(disk) = Disk::mounted(&cluster) else { return };
    let site = town.moved_to(made.clone(), &QUIET).await;
    let scene = Scene::new(&town, &site);
    let filling = async {
        scene.answers(WARM).await;
        disk.fill();
        exhaust(&town).await;
        says(&scene, "it says so", "503", r#""privatePostgres":"no-room""#).await;
        let later = scene.later.load(Ordering::SeqCst);
        tokio::time::sleep(FULL).await;
        assert!(scene.later.load(Ordering::SeqCst) > later, "members are told to come later");
        says(&scene, "it still says so", "503", "no-room").await;
        disk.free();
        let begun = Instant::now();
        says(&scene, "it is there again", "200", r#""privatePostgres":"runs""#).await;
        println!(
            "revived after a full disk: ready {:.1} s after there is room",
            begun.elapsed().as_secs_f64()
        );
        assert!(begun.elapsed() < HEALED_MAX);
        scene.answers(WARM).await;
    };
    let flirts = under_load(&town, &scene, filling).await;
    scene.ends("with a disk that was full", flirts.0, flirts.1).await;
    drop(site);
    drop(disk);
    discard(&made).await.unwrap();
}

/// A town in a database as sites make it, whose server has ended; and where that was.
async fn town(data: &Path) -> (Town, PathBuf) {
    let postgres = PrivatePostgres::start(data, SERVER).await.unwrap();
    let town = Town::open_in(data.to_path_buf(), &postgres, DATABASE, MEMBERS).await;
    let mut conn = town.conn().await;
    let cluster: String = query_scalar("show data_directory").fetch_one(&mut conn).await.unwrap();
    drop(conn);
    postgres.stop().await.unwrap();
    (town, PathBuf::from(cluster))
}

/// Flirts all the time, each until it has happened. Returns how many did, and the most tries that one took.
async fn under_load(town: &Town, scene: &Scene<'_>, work: impl Future<Output = ()>) -> (usize, usize) {
    let pairs: Vec<Pair> = town.pairs(&mut Dice::new(SEED));
    let (next, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let clients = join_all((0..CLIENTS).map(|_| async {
        let client = Client::new();
        let mut tries = 0;
        while !done.load(Ordering::SeqCst) {
            let pair = pairs[next.fetch_add(1, Ordering::SeqCst)];
            tries = tries.max(scene.flirt(&client, pair).await);
        }
        tries
    }));
    let work = async {
        work.await;
        done.store(true, Ordering::SeqCst);
    };
    let (tries, ()) = join(clients, work).await;
    (next.load(Ordering::SeqCst), tries.into_iter().max().unwrap())
}

async fn says(scene: &Scene<'_>, what: &str, status: &str, words: &str) {
    wait::until(what, async || {
        let answer = ready(scene.site);
        answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(words)
    })
    .await;
}

/// Returns once the site says that its Postgres restarts, or once another server runs in its place: a restart may be over before anybody
/// could ask.
async fn notices(scene: &Scene<'_>, cluster: &Path, server: Pid) {
    wait::until("it says so, or has mended it", async || {
        let answer = ready(scene.site);
        let says = answer.starts_with("HTTP/1.1 503") && answer.contains(r#""privatePostgres":"restarting""#);
        says || running(cluster).is_some_and(|pid| pid != server)
    })
    .await;
}

fn ready(site: &Site) -> String {
    tokio::task::block_in_place(|| site.get("/health/ready"))
}

fn server_of(cluster: &Path) -> Pid {
    running(cluster).expect("a server runs")
}

/// The server of a cluster; none while none has written its id down.
fn running(cluster: &Path) -> Option<Pid> {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    Pid::from_raw(text.lines().next()?.parse().ok()?)
}

/// Uses up what the server has reserved of its log of changes, until that is more than the disk takes.
async fn exhaust(town: &Town) {
    wait::until("the server has ended", async || {
        let Ok(mut conn) = town.try_conn().await else { return true };
        conn.execute("select pg_logical_emit_message(false, 'fill', repeat('x', 100000)), pg_switch_wal()")
            .await
            .is_err()
    })
    .await;
}

/// A small disk of its own in the place of a cluster.
struct Disk(PathBuf);

impl Disk {
    /// With what is in this cluster. Nothing where the test may not mount: then it is skipped, and says so.
    fn mounted(cluster: &Path) -> Option<Self> {
        let owner = fs::metadata(cluster).unwrap();
        let before = cluster.with_file_name("before");
        fs::rename(cluster, &before).unwrap();
        fs::create_dir(cluster).unwrap();
        let options = format!("{DISK},uid={},gid={}", owner.uid(), owner.gid());
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "pancake"]).arg(cluster);
        if !mount.output().is_ok_and(|output| output.status.success()) {
            eprintln!(
                "SKIPPED, although it matters: what needs a full disk. This account may not mount one."
            );
            return None;
        }
        let this = Self(cluster.to_path_buf());
        let mut copy = Command::new("cp");
        assert!(copy.arg("-a").arg(before.join(".")).arg(cluster).status().unwrap().success());
        Some(this)
    }

    fn fill(&self) {
        let mut file = File::create(self.0.join("fill")).unwrap();
        let filling = vec![1; FILL_BYTES];
        while file.write_all(&filling).is_ok() {}
    }

    fn free(&self) {
        fs::remove_file(self.0.join("fill")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: the server may be on its way out.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
