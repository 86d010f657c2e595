//! The private Postgres, with real servers: it starts, is found, keeps the data, and never stays behind.
//!
//! The tests run as root and as an ordinary user; every one has a data folder of its own.

mod folder;
mod revived;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use pancake::store::{Lifetime, PrivatePostgres, Server, StoreError};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, PgConnection};

const SERVER: Server = Server { durable: false, max_connections: 20 };
/// Set for a second process of this test binary: the data folder whose server it is to hold.
const HOLD: &str = "PANCAKE_TEST_HOLD";

#[tokio::test]
async fn starts_is_found_stops_and_keeps_the_data() {
    let data = Data::new("life");
    let first = begin(&data).await;
    assert!(first.owned());
    ask(&first, "create table kept as select 7 as number").await;

    let second = begin(&data).await;
    assert!(!second.owned());
    assert_eq!(ask(&second, "select number::text from kept").await, "7");
    second.stop().await.expect("a found server is left alone");
    assert_eq!(ask(&first, "show listen_addresses").await, "");

    let cluster = cluster_of(&first).await;
    first.stop().await.expect("stops");
    assert!(!cluster.join("postmaster.pid").exists());

    let again = begin(&data).await;
    assert!(again.owned());
    assert_eq!(ask(&again, "select number::text from kept").await, "7");
    again.stop().await.expect("stops");
}

#[tokio::test]
async fn a_very_long_path_works() {
    let data = Data::new(&"long-".repeat(40));
    let postgres = begin(&data).await;
    assert_eq!(ask(&postgres, "select 'here'").await, "here");
    postgres.stop().await.expect("stops");
}

#[tokio::test]
async fn two_starts_at_once_share_one_server() {
    let data = Data::new("two");
    let (left, right) = tokio::join!(begin(&data), begin(&data));
    assert_ne!(left.owned(), right.owned());
    assert_eq!(cluster_of(&left).await, cluster_of(&right).await);
    let (left, right) = tokio::join!(left.stop(), right.stop());
    left.and(right).expect("both stop");
}

/// A site that used a command's server would lose it a moment later.
#[tokio::test]
async fn a_site_waits_for_the_end_of_a_command() {
    let data = Data::new("command");
    let command = PrivatePostgres::start_for(Lifetime::Brief, &data.0, SERVER).await.expect("starts");
    let other = PrivatePostgres::start_for(Lifetime::Brief, &data.0, SERVER).await.expect("is found");
    assert!(command.owned() && !other.owned());
    let mut site = Box::pin(begin(&data));
    assert!(tokio::time::timeout(Duration::from_millis(300), &mut site).await.is_err(), "it waits");
    command.stop().await.expect("stops");
    let site = site.await;
    assert!(site.owned());
    assert_eq!(ask(&site, "select 'kept'").await, "kept");
    site.stop().await.expect("stops");
}

#[tokio::test]
async fn a_stale_postmaster_pid_does_not_prevent_a_start() {
    let data = Data::new("stale");
    let postgres = begin(&data).await;
    let cluster = cluster_of(&postgres).await;
    postgres.stop().await.expect("stops");
    // Our own number is that of a living process which is no server.
    for stale in
        ["", "no number\n", "999999999\n", &format!("{}\n{}\n", std::process::id(), cluster.display())]
    {
        fs::write(cluster.join("postmaster.pid"), stale).expect("written");
        let postgres = begin(&data).await;
        assert_eq!(ask(&postgres, "select 'here'").await, "here");
        postgres.stop().await.expect("stops");
    }
}

#[tokio::test]
async fn a_kill_leaves_no_server_and_the_next_start_works() {
    let data = Data::new("kill");
    let mut holder = hold(&data);
    let found = begin(&data).await;
    assert!(!found.owned());
    ask(&found, "create table kept as select 7 as number").await;
    let server = server_of(&cluster_of(&found).await);
    holder.kill();

    // At once: the old server may still be on its way out.
    let next = begin(&data).await;
    assert!(next.owned());
    assert_eq!(ask(&next, "select number::text from kept").await, "7");
    next.stop().await.expect("stops");
    assert_gone(server).await;
}

#[tokio::test]
async fn a_kill_with_nobody_after_it_leaves_no_server() {
    let data = Data::new("alone");
    let mut holder = hold(&data);
    let server = server_of(&cluster_of(&begin(&data).await).await);
    holder.kill();
    assert_gone(server).await;
    begin(&data).await.stop().await.expect("stops, and removes what the kill left");
}

#[tokio::test]
async fn a_server_that_lost_its_guard_is_replaced() {
    let data = Data::new("guard");
    let mut holder = hold(&data);
    let server = server_of(&cluster_of(&begin(&data).await).await);
    for guard in guards_of(server) {
        kill_process(guard, Signal::KILL).expect("killed");
    }
    holder.kill();
    assert!(is_alive(server));

    let next = begin(&data).await;
    assert!(next.owned());
    assert_gone(server).await;
    next.stop().await.expect("stops");
}

#[tokio::test]
async fn a_deleted_data_folder_gives_a_fresh_cluster() {
    let data = Data::new("fresh");
    let postgres = begin(&data).await;
    ask(&postgres, "create table kept as select 7 as number").await;
    let old = cluster_of(&postgres).await;
    postgres.stop().await.expect("stops");
    fs::remove_dir_all(&data.0).expect("removed");

    let postgres = begin(&data).await;
    assert_eq!(ask(&postgres, "select count(*)::text from pg_tables where tablename = 'kept'").await, "0");
    if cluster_of(&postgres).await != old {
        assert!(!old.exists(), "the old cluster is swept away");
    }
    postgres.stop().await.expect("stops");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let data = Data::new("file");
    fs::write(&data.0, "in the way").expect("written");
    let refused = PrivatePostgres::start(&data.0, SERVER).await.err().expect("refused");
    assert!(refused.to_string().contains(&*data.0.to_string_lossy()), "{refused}");
    fs::remove_file(&data.0).expect("removed");
}

#[tokio::test]
async fn a_missing_database_is_named_by_its_setting() {
    let data = Data::new("missing");
    let postgres = begin(&data).await;
    let refused =
        PgConnection::connect_with(&postgres.options().database("nowhere")).await.expect_err("refused");
    let refused = StoreError::from_connect(refused, "DATABASE_URL_CHAT");
    assert!(matches!(refused, StoreError::NoDatabase { .. }), "{refused}");
    let refused =
        PgConnection::connect_with(&postgres.options().username("stranger")).await.expect_err("refused");
    let refused = StoreError::from_connect(refused, "DATABASE_URL_CHAT");
    assert!(matches!(refused, StoreError::UnknownRole { .. }), "{refused}");
    postgres.stop().await.expect("stops");
    let refused = PgConnection::connect_with(&postgres_nowhere()).await.expect_err("refused");
    let refused = StoreError::from_connect(refused, "DATABASE_URL");
    assert!(matches!(refused, StoreError::NotReachable { .. }), "{refused}");
}

/// Not a test by itself: the process that the tests above start and kill.
#[tokio::test]
async fn hold_until_killed() {
    let Some(data) = std::env::var_os(HOLD) else { return };
    let _postgres = PrivatePostgres::start(Path::new(&data), SERVER).await.expect("starts");
    println!("ready");
    tokio::time::sleep(Duration::from_mins(2)).await;
}

/// Another process that owns a server; it ends with its test.
struct Holder(Child);

impl Holder {
    fn kill(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("ended");
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn hold(data: &Data) -> Holder {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "hold_until_killed", "--nocapture"]).env(HOLD, &data.0);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("a second process");
    let mut lines = BufReader::new(child.stdout.as_mut().expect("its output")).lines();
    assert!(lines.any(|line| line.expect("text").contains("ready")), "the second process started no server");
    Holder(child)
}

async fn begin(data: &Data) -> PrivatePostgres {
    PrivatePostgres::start(&data.0, SERVER).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn ask(postgres: &PrivatePostgres, sql: &'static str) -> String {
    let mut connection = PgConnection::connect_with(&postgres.options()).await.expect("connects");
    let answer = sqlx::query_scalar::<_, String>(sql).fetch_optional(&mut connection).await.expect("answers");
    connection.close().await.expect("closes");
    answer.unwrap_or_default()
}

fn postgres_nowhere() -> sqlx::postgres::PgConnectOptions {
    sqlx::postgres::PgConnectOptions::new_without_pgpass()
        .socket(std::env::temp_dir().join("pancake-nowhere"))
}

async fn cluster_of(postgres: &PrivatePostgres) -> PathBuf {
    PathBuf::from(ask(postgres, "show data_directory").await)
}

fn server_of(cluster: &Path) -> Pid {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).expect("a running server");
    Pid::from_raw(text.lines().next().expect("a line").parse().expect("a number")).expect("not zero")
}

/// The shells in the server's process group.
fn guards_of(server: Pid) -> Vec<Pid> {
    let group = stat(server).nth(2);
    // A process of the server's own is in the group for a moment.
    let is_shell = |pid: Pid| {
        let name = fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_nonzero())).unwrap_or_default();
        stat(pid).nth(2) == group && !name.starts_with("postgres")
    };
    let begun = Instant::now();
    loop {
        let numbers = fs::read_dir("/proc").expect("Linux").flatten();
        let pids = numbers.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
        let shells: Vec<Pid> = pids.filter(|pid| is_shell(*pid)).collect();
        if shells.len() == 2 {
            return shells;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "a guard and its watcher are {shells:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A zombie has ended: in a container nobody may be there to collect it.
fn is_alive(server: Pid) -> bool {
    stat(server).next().is_some_and(|state| state != "Z")
}

/// State, parent, process group, and so on; nothing if there is no such process.
fn stat(pid: Pid) -> std::vec::IntoIter<String> {
    let text = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    let fields = text.rsplit_once(") ").map(|(_, fields)| fields.split(' ').map(str::to_owned).collect());
    Vec::into_iter(fields.unwrap_or_default())
}

async fn assert_gone(server: Pid) {
    let begun = Instant::now();
    while is_alive(server) {
        assert!(begun.elapsed() < Duration::from_secs(30), "the server is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A data folder that goes away with the test, and with it the cluster that root has elsewhere.
struct Data(PathBuf);

impl Data {
    fn new(name: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("pancake-test-{}-{number}-{name}", std::process::id())))
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        if let Ok(id) = fs::read_to_string(self.0.join("cluster-id")) {
            let _ = fs::remove_dir_all(Path::new("/var/lib/pancake").join(id));
        }
        let _ = fs::remove_dir_all(&self.0);
    }
}
