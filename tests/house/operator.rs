//! What an operator forgets, misspells or has too little of: the site says which setting it is, and does nothing.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::{Signal, kill_process};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, query_scalar};

use crate::postgres::{folder, postgres};
use crate::process::{refused, says};
use crate::site::{Site, command, url};
use crate::wait::until;

/// Any place: these sites have databases of their own.
const DATA: &str = "operator";

/// Makes this database. Returns its URL and a connection to it.
async fn database(name: &str) -> (String, PgConnection) {
    let options = postgres().await.options();
    let mut conn = options.connect().await.unwrap();
    conn.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
    let conn = options.clone().database(name).connect().await.unwrap();
    (url(&options, "pancake", "", name), conn)
}

async fn schemas(conn: &mut PgConnection) -> Vec<String> {
    query_scalar("select nspname::text from pg_namespace where nspname !~ '^(pg_|information_schema|public)'")
        .fetch_all(conn)
        .await
        .unwrap()
}

/// The site starts with these, and ends.
fn starts(environment: &[(&str, &str)]) {
    let mut site = Site::start(&folder(DATA), environment);
    kill_process(site.pid(), Signal::TERM).unwrap();
    assert_eq!(site.ended().code(), Some(0));
}

fn pancake(words: &[&str], environment: &[(&str, &str)]) -> Output {
    command().args(words).envs(environment.iter().copied()).output().unwrap()
}

#[tokio::test]
async fn a_command_founds_nothing() {
    let (all, mut conn) = database("unfounded").await;
    let environment = [("DATABASE_URL", all.as_str())];
    for words in [&["status"][..], &["rebuild", "--stopped"], &["admin", "grant", "nancy", "admin"]] {
        let said = pancake(words, &environment);
        assert_eq!(said.status.code(), Some(1), "{words:?}");
        says(&said, &["DATABASE_URL", "is not there", "pancake serve"]);
    }
    assert_eq!(schemas(&mut conn).await, Vec::<String>::new());
    let empty = folder("operator-empty");
    let said = pancake(&["status", "--data", empty.to_str().unwrap()], &[]);
    assert_eq!(said.status.code(), Some(1));
    says(&said, &["no site in the data folder", "--data", "DATABASE_URL"]);
    assert!(!Path::new(&empty).join("postgres").exists());
}

#[test]
fn a_setting_of_no_module_is_refused() {
    for (name, words) in [
        ("DATABASE_URL_CHATS", &["DATABASE_URL_CHATS", "no module", "DATABASE_URL_CHAT?"][..]),
        ("DATABASE_URL_ALERT", &["DATABASE_URL_ALERT ", "DATABASE_URL_ALERTS?"]),
        ("DATABASE_URL_LIMITS", &["DATABASE_URL_LIMITS", "stays"]),
    ] {
        let environment =
            [("DATABASE_URL", "postgres://127.0.0.1:1/none"), (name, "postgres://elsewhere/talk")];
        says(&refused(&[], &environment), words);
    }
}

/// A node or a command that was not told where chat lives does not stop the others by an empty one.
#[tokio::test]
async fn a_module_is_looked_for_where_it_lives() {
    let (all, mut conn) = database("placed").await;
    let (talk, mut apart) = database("placed_talk").await;
    let (right, wrong) =
        ([("DATABASE_URL", all.as_str()), ("DATABASE_URL_CHAT", &talk)], [("DATABASE_URL", all.as_str())]);
    starts(&right);
    assert_eq!(schemas(&mut apart).await, ["chat"]);
    let words = ["chat", "not those of this site in DATABASE_URL,", "same DATABASE_URL_CHAT", "limits.place"];
    says(&refused(&[], &wrong), &words);
    let said = pancake(&["status"], &wrong);
    assert_eq!(said.status.code(), Some(1));
    says(&said, &words);
    assert!(!schemas(&mut conn).await.contains(&"chat".to_owned()), "nothing was founded");

    // Another chat, of another site, is not this one.
    let (other, mut emptied) = database("placed_other").await;
    starts(&[("DATABASE_URL", &other)]);
    let exchanged = [("DATABASE_URL", all.as_str()), ("DATABASE_URL_CHAT", &other)];
    says(&refused(&[], &exchanged), &["chat", "not those of this site in DATABASE_URL_CHAT,"]);
    emptied.execute("drop schema chat cascade").await.unwrap();
    says(&refused(&[], &exchanged), &["not those of this site in DATABASE_URL_CHAT,"]);

    // A copy of its data is.
    apart.close().await.unwrap();
    conn.execute("create database placed_moved template placed_talk").await.unwrap();
    let moved = all.replace("/placed?", "/placed_moved?");
    starts(&[("DATABASE_URL", all.as_str()), ("DATABASE_URL_CHAT", &moved)]);
    let status = pancake(&["status"], &right);
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));

    // And what is lost for good is begun anew.
    conn.execute("delete from limits.place where module = 'chat'").await.unwrap();
    starts(&wrong);
}

/// A node that founds the schemas ignores the role's timeouts. A node refuses a role or a database that allows fewer connections
/// than its pools may open.
#[tokio::test]
async fn limits_of_the_role_and_of_the_database_are_looked_at() {
    let (all, mut conn) = database("narrow").await;
    conn.execute(
        "create role hasty login createrole; grant create on database narrow to hasty;
         alter role hasty set statement_timeout = '1ms'; alter role hasty set lock_timeout = '1ms'",
    )
    .await
    .unwrap();
    let all = all.replace("postgres://pancake:", "postgres://hasty:");
    let environment = [("DATABASE_URL", all.as_str())];
    let words = ["DATABASE_URL", "allows 7 connections", "connection limits of role and database"];
    conn.execute("alter role hasty connection limit 7").await.unwrap();
    says(&refused(&[], &environment), &words);
    conn.execute("alter role hasty connection limit -1; alter database narrow connection limit 7")
        .await
        .unwrap();
    says(&refused(&[], &environment), &words);
    conn.execute("alter database narrow connection limit -1").await.unwrap();
    assert_eq!(schemas(&mut conn).await, Vec::<String>::new());
    starts(&environment);
}

/// A pooler in between that does not know settings of sessions, and one that leaves them out without a word.
#[tokio::test]
async fn a_pooler_that_forgets_settings_is_named() {
    let (_, _conn) = database("pooled").await;
    let options = postgres().await.options();
    let place = std::env::temp_dir().join(format!("pancake-pooler-{}", std::process::id()));
    std::fs::create_dir(&place).unwrap();
    for more in ["", "ignore_startup_parameters = options,extra_float_digits,client_min_messages"] {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = format!(
            "[databases]\npooled = host={} dbname=pooled user=pancake\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nauth_type = any\npool_mode = transaction\nunix_socket_dir =\n{more}\n",
            options.get_socket().unwrap().display()
        );
        std::fs::write(place.join("pgbouncer.ini"), text).unwrap();
        let mut pooler = Command::new("pgbouncer");
        if rustix::process::geteuid().is_root() {
            // It refuses to run as root. The one who may use the socket is the server's account.
            let owner = std::fs::metadata(options.get_socket().unwrap()).unwrap();
            pooler.uid(owner.uid()).gid(owner.gid());
        }
        let mut pooler = pooler.arg(place.join("pgbouncer.ini")).stderr(Stdio::null()).spawn().unwrap();
        until("the pooler listens", async || TcpStream::connect(("127.0.0.1", port)).is_ok()).await;
        let url = format!("postgres://pancake@127.0.0.1:{port}/pooled");
        says(&refused(&[], &[("DATABASE_URL", &url)]), &["DATABASE_URL", "a pooler", "the server itself"]);
        pooler.kill().unwrap();
        pooler.wait().unwrap();
    }
    std::fs::remove_dir_all(&place).unwrap();
}

#[tokio::test]
async fn next_to_no_files_are_too_few() {
    let program = command().get_program().to_owned();
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 40; exec \"$0\" --listen 127.0.0.1:0 --data /nowhere"]).arg(program);
    let output = shell.env_remove("DATABASE_URL").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    says(&output, &["may open 40 files", "needs 154", "LimitNOFILE"]);
}

/// Somebody else is migrating, for ever.
#[tokio::test]
async fn who_is_only_starting_ends_when_told() {
    let (all, mut conn) = database("starting").await;
    let lock = format!("select pg_advisory_lock({})", 0x0070_616e_6361_6b65_i64);
    conn.execute(AssertSqlSafe(lock)).await.unwrap();
    let mut site = Site::launch(&folder(DATA), &[("DATABASE_URL", &all)]);
    until("it waits", async || {
        let sql = "select exists (select from pg_locks where locktype = 'advisory' and not granted)";
        query_scalar::<_, bool>(sql).fetch_one(&mut conn).await.unwrap()
    })
    .await;
    kill_process(site.pid(), Signal::TERM).unwrap();
    assert_eq!(site.ended().code(), Some(0));
}

/// The only node was killed a while ago, and has taken no leave.
#[tokio::test]
async fn status_tells_programs_that_nobody_serves() {
    let (all, mut conn) = database("silent").await;
    let environment = [("DATABASE_URL", all.as_str())];
    let mut site = Site::start(&folder(DATA), &environment);
    until("it says that it runs", async || {
        query_scalar::<_, i64>("select count(*) from limits.node").fetch_one(&mut conn).await.unwrap() == 1
    })
    .await;
    let said = pancake(&["status"], &environment);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    kill_process(site.pid(), Signal::KILL).unwrap();
    site.ended();
    conn.execute("update limits.node set seen = seen - interval '1 minute'").await.unwrap();
    let said = pancake(&["status"], &environment);
    assert_eq!(said.status.code(), Some(1));
    says(&said, &["No node runs any more"]);
}
