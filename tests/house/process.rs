//! The program itself: how it starts, what it says when it cannot, and that it leaves no database behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Output, Stdio};

use pancake::store::{PrivatePostgres, Server};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, query_scalar};

use crate::postgres::{folder, postgres};
use crate::site::{Site, command, ended, url};

const SECRET: &str = "sesame-of-the-test";

#[tokio::test]
async fn it_ends_cleanly_and_survives_a_kill() {
    let data = folder("process");
    let mut site = Site::start(&data, &[]);
    let (_, server) = look(&data).await;
    // A moment after it says where it is: its modules are still connecting.
    crate::wait::until("it is ready", async || site.get("/health/ready").starts_with("HTTP/1.1 200")).await;
    kill_process(site.pid(), Signal::TERM).unwrap();
    let status = site.ended();
    assert_eq!(status.code(), Some(0), "{status:?}");
    gone(server).await;

    let mut site = Site::start(&data, &[]);
    let (found, server) = look(&data).await;
    let mut conn = found.options().database("pancake").connect().await.unwrap();
    conn.execute("create table public.kept as select 7 as number").await.unwrap();
    kill_process(site.pid(), Signal::KILL).unwrap();
    assert_eq!(site.ended().signal(), Some(9));
    gone(server).await;

    let mut site = Site::start(&data, &[]);
    let (found, server) = look(&data).await;
    let mut conn = found.options().database("pancake").connect().await.unwrap();
    let kept: i32 = query_scalar("select number from public.kept").fetch_one(&mut conn).await.unwrap();
    assert_eq!(kept, 7);
    newer_schema(&mut conn).await;
    drop(conn);
    // The terminal that it was started from is closed.
    kill_process(site.pid(), Signal::HUP).unwrap();
    assert_eq!(site.ended().code(), Some(0));
    gone(server).await;

    let output = refused(&["--data", data.to_str().unwrap()], &[]);
    says(&output, &["schema of flirt", "migration 9999", "newer"]);
}

/// Its database has ended, and cannot be started again.
#[tokio::test]
async fn it_ends_where_its_database_is_gone() {
    let data = folder("process-gone");
    let mut child =
        command().arg("--data").arg(&data).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let (_, server) = look(&data).await;
    fs::remove_dir_all(&data).unwrap();
    kill_process(server, Signal::KILL).unwrap();
    assert_eq!(ended(&mut child).code(), Some(1));
    says(&child.wait_with_output().unwrap(), &[data.to_str().unwrap(), "gone", "start again"]);
    gone(server).await;
}

/// As if a later version of the program had been here.
async fn newer_schema(conn: &mut sqlx::PgConnection) {
    let sql = "insert into flirt.migrations (version, description, success, checksum, execution_time)
               values (9999, 'of tomorrow', true, '\\x00', 0)";
    conn.execute(sql).await.unwrap();
}

#[tokio::test]
async fn it_says_what_to_do_about_the_port() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let output = refused(&["--listen", &address.to_string(), "--data", "/nowhere"], &[]);
    says(&output, &[&format!("Port {} is taken", address.port()), "--listen"]);
    assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1, "one sentence");
    let metrics = ["--metrics-listen", &address.to_string(), "--data", "/nowhere"];
    says(&refused(&metrics, &[]), &["is taken", "--metrics-listen"]);
}

#[tokio::test]
async fn it_says_what_to_do_about_too_few_connections() {
    let url = url(&postgres().await.options(), "pancake", "", "postgres");
    let output = refused(&["--connections", "3"], &[("DATABASE_URL", &url)]);
    says(&output, &["--connections 3 is too few", "at least"]);
    let output = refused(&["--connections", "2000"], &[("DATABASE_URL", &url)]);
    says(&output, &["DATABASE_URL", "2000 are wanted", "max_connections"]);
}

#[tokio::test]
async fn it_says_what_to_do_about_the_database() {
    let options = postgres().await.options();
    ask_for_passwords(&options).await;
    let url = |password: &str, database: &str| url(&options, "doorman", password, database);
    let nowhere = format!("postgres://doorman:{SECRET}@127.0.0.1:1/pancake");
    let no_port = format!("postgres://doorman:{SECRET}@127.0.0.1:port/pancake");
    let no_url = format!("doorman:{SECRET}");
    let stranger = url("right", "postgres").replace("doorman", "stranger");
    let cases: [(&str, &[&str]); 6] = [
        (&url(SECRET, "postgres"), &["refused the password", "correct it"]),
        (&url("right", "nowhere"), &["does not exist", "createdb"]),
        (&stranger, &["role"]),
        (&nowhere, &["no database server answers", "host and port"]),
        (&no_port, &["is not a database URL"]),
        (&no_url, &["is not a database URL"]),
    ];
    for (value, words) in cases {
        let output = refused(&[], &[("DATABASE_URL", value)]);
        says(&output, words);
        says(&output, &["DATABASE_URL"]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains(SECRET), "the password is shown: {stderr}");
    }
}

/// What nicknames are told apart by is the database's `lower()`, and that goes by its locale.
#[tokio::test]
async fn it_refuses_a_database_that_folds_or_keeps_letters_otherwise() {
    let options = postgres().await.options();
    let mut conn = options.connect().await.unwrap();
    let icu = "encoding 'UTF8' locale_provider icu icu_locale";
    let cases = [
        ("turkish", format!("{icu} 'tr-TR'"), Some("I and i")),
        ("azeri", format!("{icu} 'az-Latn-AZ'"), Some("I and i")),
        ("plain", "encoding 'UTF8' locale 'C'".to_owned(), Some("Å and å")),
        ("western", "encoding 'LATIN1' locale 'C'".to_owned(), Some("LATIN1")),
        ("anything", "encoding 'SQL_ASCII' locale 'C'".to_owned(), Some("SQL_ASCII")),
        ("japanese", "encoding 'EUC_JP' locale 'C'".to_owned(), Some("EUC_JP")),
        ("swedish", format!("{icu} 'sv-SE'"), None),
        ("lithuanian", format!("{icu} 'lt-LT'"), None),
        ("any", format!("{icu} 'und'"), None),
    ];
    for (name, like, refused_for) in cases {
        let sql = format!("create database folds_{name} template template0 {like}");
        conn.execute(AssertSqlSafe(sql)).await.unwrap();
        let url = url(&options, "pancake", "", &format!("folds_{name}"));
        let environment = [("DATABASE_URL", &*url)];
        match refused_for {
            Some(words) => says(&refused(&[], &environment), &["DATABASE_URL", words, "createdb", "C.UTF-8"]),
            None => drop(Site::start(&folder("folds"), &environment)),
        }
    }
}

/// A role that has a password, on a server that otherwise asks for none.
async fn ask_for_passwords(options: &sqlx::postgres::PgConnectOptions) {
    let mut conn = options.connect().await.unwrap();
    conn.execute("create role doorman login password 'right'").await.unwrap();
    let file: String = query_scalar("show hba_file").fetch_one(&mut conn).await.unwrap();
    let lines = "values ('local all doorman scram-sha-256'), ('local all all trust')";
    conn.execute(AssertSqlSafe(format!("copy ({lines}) to '{file}'"))).await.unwrap();
    conn.execute("select pg_reload_conf()").await.unwrap();
    crate::wait::until("the server asks for passwords", async || {
        options.clone().username("doorman").password("wrong").connect().await.is_err()
    })
    .await;
}

/// Its database, and the process of that.
async fn look(data: &Path) -> (PrivatePostgres, Pid) {
    let server = Server { durable: true, max_connections: 20 };
    let found = PrivatePostgres::start(data, server).await.unwrap();
    assert!(!found.owned());
    let mut conn = found.options().connect().await.unwrap();
    let cluster: String = query_scalar("show data_directory").fetch_one(&mut conn).await.unwrap();
    let text = fs::read_to_string(Path::new(&cluster).join("postmaster.pid")).unwrap();
    (found, Pid::from_raw(text.lines().next().unwrap().parse().unwrap()).unwrap())
}

/// Starts it where it cannot start.
pub(crate) fn refused(words: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = command();
    command.args(words).envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let status = ended(&mut child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(status.code(), Some(1), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

pub(crate) fn says(output: &Output, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    for word in words {
        assert!(stderr.contains(word), "{word:?} is not in {stderr:?}");
    }
}

/// A zombie has ended: in a container nobody may be there to collect it.
async fn gone(server: Pid) {
    crate::wait::until("the database has ended", async || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", server.as_raw_nonzero())).unwrap_or_default();
        stat.rsplit_once(") ").is_none_or(|(_, fields)| fields.starts_with('Z'))
    })
    .await;
}
