//! The server ends while its process lives: it is started again on the same data, or the reason is given.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pancake::store::{Condition, PrivatePostgres, Server, StoreError, keep};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, query_scalar};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::{Data, ask, assert_gone, begin, cluster_of, guards_of, hold, is_alive, server_of};

/// Long enough for any machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// A process that was told to stop has less time than that.
const STOP_MAX: Duration = Duration::from_secs(2);
/// Looked at ten times meanwhile.
const WHILE: Duration = Duration::from_secs(1);

/// What is done to a server, and what that is called.
type Blow = (&'static str, fn(&Scene));

const BLOWS: [Blow; 8] = [
    ("killed", |scene| tell(scene.server(), Signal::KILL)),
    ("stopped at once", |scene| tell(scene.server(), Signal::QUIT)),
    ("stopped fast", |scene| tell(scene.server(), Signal::INT)),
    ("told to end while nobody is connected", |scene| tell(scene.server(), Signal::TERM)),
    ("killed with its guard and watcher", |scene| {
        let server = scene.server();
        guards_of(server).into_iter().chain([server]).for_each(|each| tell(each, Signal::KILL));
    }),
    ("alive without its guard", |scene| {
        guards_of(scene.server()).into_iter().for_each(|guard| tell(guard, Signal::KILL));
    }),
    ("alive without its socket", |scene| fs::remove_file(scene.socket.join(".s.PGSQL.5432")).unwrap()),
    ("alive without its socket's folder", |scene| fs::remove_dir_all(&scene.socket).unwrap()),
];

#[tokio::test]
async fn it_is_started_again_whatever_ended_it() {
    let data = Data::new("blows");
    // What is committed is on the disk.
    let server = Server { durable: true, max_connections: 20 };
    let mut postgres = PrivatePostgres::start(&data.0, server).await.expect("starts");
    let scene = Scene::of(&postgres).await;
    ask(&postgres, "create table kept (number int)").await;
    for (number, (what, blow)) in BLOWS.into_iter().enumerate() {
        let before = scene.server();
        scene.ask(format!("insert into kept values ({number}) returning number::text")).await;
        let begun = Instant::now();
        scene.kept(&mut postgres, async || blow(&scene)).await;
        println!("{what}: again after {:.1} s", begun.elapsed().as_secs_f64());
        let count = scene.ask("select count(*)::text from kept".to_owned()).await;
        assert_eq!(count, (number + 1).to_string(), "{what}");
        assert_gone(before).await;
    }
    let server = scene.server();
    postgres.stop().await.expect("stops");
    assert_gone(server).await;
}

/// Postgres mends that itself, and a server that stands still has not ended.
#[tokio::test]
async fn one_that_is_there_is_left_alone() {
    let data = Data::new("alone");
    let mut postgres = begin(&data).await;
    let scene = Scene::of(&postgres).await;
    let server = scene.server();
    let condition = watch::Sender::new(None);
    let blows = async {
        tell(server, Signal::STOP);
        sleep(WHILE).await;
        tell(server, Signal::CONT);
        let session =
            scene.ask("select pid::text from pg_stat_activity where backend_type = 'checkpointer'".into());
        tell(Pid::from_raw(session.await.parse().unwrap()).unwrap(), Signal::KILL);
        sleep(WHILE).await;
        assert_eq!(scene.ask("select 'here'".to_owned()).await, "here");
    };
    tokio::select! {
        fault = keep(&mut postgres, &condition) => panic!("{fault}"),
        () = blows => {}
    }
    assert_eq!((scene.server(), *condition.borrow()), (server, Some(Condition::Runs)));
    postgres.stop().await.expect("stops");
}

/// Two sites on one data folder: the one that only used the server goes on with one of its own.
#[tokio::test]
async fn who_is_left_takes_over() {
    let data = Data::new("left");
    let mut holder = hold(&data);
    let mut found = begin(&data).await;
    assert!(!found.owned());
    ask(&found, "create table kept as select 7 as number").await;
    let scene = Scene::of(&found).await;
    let before = scene.server();
    scene.kept(&mut found, async || holder.kill()).await;
    assert!(found.owned());
    assert_eq!(ask(&found, "select number::text from kept").await, "7");
    let third = begin(&data).await;
    assert!(!third.owned(), "it is found by whoever comes next");
    assert_gone(before).await;
    let server = scene.server();
    found.stop().await.expect("stops");
    assert_gone(server).await;
}

#[tokio::test]
async fn data_that_are_gone_are_not_made_anew() {
    type Loss = fn(&Path, &Path);
    let losses: [(&str, Loss); 3] = [
        ("the cluster is removed", |_, cluster| fs::remove_dir_all(cluster).unwrap()),
        ("the data folder is removed", |data, _| fs::remove_dir_all(data).unwrap()),
        ("another data folder is in its place", |data, _| {
            fs::rename(data.join("postgres.lock"), data.join("old")).unwrap();
            fs::write(data.join("postgres.lock"), "").unwrap();
        }),
    ];
    for (what, lose) in losses {
        let data = Data::new("gone");
        let mut postgres = begin(&data).await;
        let scene = Scene::of(&postgres).await;
        let server = scene.server();
        tell(server, Signal::KILL);
        lose(&data.0, &scene.cluster);
        let fault = scene.given_up(&mut postgres).await;
        assert!(matches!(fault, StoreError::Gone { .. }), "{what}: {fault}");
        assert!(fault.to_string().contains("gone"), "{fault}");
        assert!(!scene.cluster.exists() || scene.cluster.join("base").exists(), "{what}: something was made");
        // The folder may be gone, and then the server's place cannot be told.
        let _ = postgres.stop().await;
        assert_gone(server).await;
        let _ = fs::remove_dir_all(scene.cluster);
    }
}

#[tokio::test]
async fn data_of_another_version_are_not_touched() {
    let data = Data::new("version");
    let mut postgres = begin(&data).await;
    let scene = Scene::of(&postgres).await;
    fs::write(scene.cluster.join("PG_VERSION"), "9\n").unwrap();
    tell(scene.server(), Signal::KILL);
    let fault = scene.given_up(&mut postgres).await;
    assert!(matches!(fault, StoreError::WrongVersion { made_by: 9, .. }), "{fault}");
    postgres.stop().await.expect("stops");
}

#[tokio::test]
async fn after_five_tries_it_is_given_up() {
    let data = Data::new("tries");
    let mut postgres = begin(&data).await;
    let scene = Scene::of(&postgres).await;
    fs::write(scene.cluster.join("postgresql.conf"), "no such setting\n").unwrap();
    tell(scene.server(), Signal::KILL);
    let begun = Instant::now();
    let fault = scene.given_up(&mut postgres).await;
    println!("given up after {:.1} s: {fault}", begun.elapsed().as_secs_f64());
    assert!(matches!(fault, StoreError::GaveUp { times: 5, .. }), "{fault}");
    assert!(fault.to_string().contains("postgresql.conf"), "the reason is said: {fault}");
    postgres.stop().await.expect("stops");
}

/// Whatever it is doing at that moment.
#[tokio::test]
async fn who_keeps_it_may_stop_at_any_time() {
    for after in [0, 50, 120, 150, 200, 300] {
        let data = Data::new("stop");
        let mut postgres = begin(&data).await;
        let scene = Scene::of(&postgres).await;
        tell(scene.server(), Signal::KILL);
        let condition = watch::Sender::new(None);
        let kept = timeout(Duration::from_millis(after), keep(&mut postgres, &condition)).await;
        assert!(kept.is_err(), "{kept:?}");
        timeout(STOP_MAX, postgres.stop()).await.expect("in time").expect("stops");
        let again = begin(&data).await;
        assert!(again.owned());
        assert_eq!(ask(&again, "select 'here'").await, "here");
        again.stop().await.expect("stops");
        assert!(!scene.cluster.join("postmaster.pid").exists());
    }
}

/// A server, and where it is.
struct Scene {
    options: PgConnectOptions,
    cluster: PathBuf,
    socket: PathBuf,
}

impl Scene {
    async fn of(postgres: &PrivatePostgres) -> Self {
        let options = postgres.options();
        let socket = options.get_socket().expect("a socket").clone();
        Self { options, cluster: cluster_of(postgres).await, socket }
    }

    /// The server that runs now.
    fn server(&self) -> Pid {
        server_of(&self.cluster)
    }

    /// Asks until it is answered.
    async fn ask(&self, sql: String) -> String {
        let begun = Instant::now();
        loop {
            let asked = async {
                let mut conn = self.options.connect().await?;
                query_scalar::<_, String>(AssertSqlSafe(sql.clone())).fetch_one(&mut conn).await
            };
            match asked.await {
                Ok(answer) => return answer,
                Err(error) => assert!(begun.elapsed() < PATIENCE, "{sql}: {error}"),
            }
            sleep(WHILE / 10).await;
        }
    }

    /// Keeps the server until it has been away and is there again.
    async fn kept(&self, postgres: &mut PrivatePostgres, blow: impl AsyncFnOnce()) {
        let (say, mut condition) = watch::channel(None);
        let healing = async {
            condition.wait_for(|now| *now == Some(Condition::Runs)).await.expect("it is kept");
            blow().await;
            condition.wait_for(|now| *now == Some(Condition::Restarting)).await.expect("it is kept");
            condition.wait_for(|now| *now == Some(Condition::Runs)).await.expect("it is kept");
        };
        tokio::select! {
            fault = keep(postgres, &say) => panic!("{fault}"),
            healed = timeout(PATIENCE, healing) => healed.expect("it comes back"),
        }
    }

    /// Keeps it until that does not help any more.
    async fn given_up(&self, postgres: &mut PrivatePostgres) -> StoreError {
        let fault = timeout(PATIENCE, keep(postgres, &watch::Sender::new(None))).await.expect("it ends");
        assert!(self.options.connect().await.is_err(), "nobody answers");
        fault
    }
}

fn tell(process: Pid, signal: Signal) {
    assert!(is_alive(process), "it has ended already");
    kill_process(process, signal).expect("told");
}
