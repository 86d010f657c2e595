//! The procedures of docs/operations.md, word for word: the commands are taken from the page. Only the other server's name is
//! replaced, since there is one server here.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pancake::store::{PrivatePostgres, Server, discard};
use rustix::process::{Signal, kill_process};
use sqlx::{ConnectOptions, Executor, query_scalar};

use crate::client::{Call, Client};
use crate::kept::kept;
use crate::postgres::folder;
use crate::site::{Site, command, url};
use crate::town::{Person, Town};
use crate::wait;

const PAGE: &str = include_str!("../../docs/operations.md");
const MEMBERS: usize = 12;

/// The commands of a section, a line each.
fn commands(section: &str) -> Vec<&'static str> {
    let (_, rest) = PAGE.split_once(&format!("\n## {section}\n")).unwrap_or_else(|| panic!("no {section}"));
    let rest = rest.split("\n## ").next().unwrap_or_default();
    let blocks = rest.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    blocks.flat_map(str::lines).collect()
}

/// Where an operator sits.
struct Desk {
    postgres: PrivatePostgres,
    place: PathBuf,
    /// Of the site's user, who is no superuser.
    url: String,
}

impl Desk {
    async fn furnish(data: &Path) -> Self {
        let server = Server { durable: false, max_connections: 250 };
        let postgres = PrivatePostgres::start(data, server).await.unwrap();
        let mut conn = postgres.options().connect().await.unwrap();
        conn.execute("create role postgres superuser login; create role site login createrole")
            .await
            .unwrap();
        let place = folder("procedures-desk");
        fs::create_dir_all(&place).unwrap();
        symlink(command().get_program(), place.join("pancake")).unwrap();
        let url = url(&postgres.options(), "site", "", "pancake");
        Self { postgres, place, url }
    }

    /// What a line of the page says when it is typed.
    fn type_in(&self, line: &str) -> Output {
        let options = self.postgres.options();
        let socket = options.get_socket().unwrap();
        let mut shell = Command::new("sh");
        shell.current_dir(&self.place).args(["-c", &line.replace(" -h other", "")]);
        let path = format!("{}:{}", self.place.display(), std::env::var("PATH").unwrap_or_default());
        shell
            .env("PATH", path)
            .env("PGHOST", socket)
            .env("PGUSER", "postgres")
            .env("DATABASE_URL", &self.url);
        shell.output().unwrap()
    }

    /// The same, of a line that begins like this, and goes well.
    fn well(&self, section: &str, beginning: &str) {
        let line = commands(section).into_iter().find(|line| line.starts_with(beginning));
        let line = line.unwrap_or_else(|| panic!("{section} has no {beginning}"));
        let output = self.type_in(line);
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    async fn site(&self, town: &Town, more: &[(&'static str, &str)]) -> Site {
        let own = [("DATABASE_URL", self.url.as_str()), ("LOG", "off")];
        town.site(&[&own, more].concat()).await
    }
}

fn end(mut site: Site) {
    kill_process(site.pid(), Signal::TERM).unwrap();
    assert_eq!(site.ended().code(), Some(0));
}

async fn flirt(site: &Site, by: &Person, to: &Person) {
    Client::new().flirt(site.address(), by, to).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_procedures_do_what_they_say() {
    let _machine = crate::MACHINE.read().await;
    let data = folder("procedures");
    let desk = Desk::furnish(&data).await;
    let town = Town::open(&desk.postgres, "pancake", MEMBERS).await;
    // As if the site's user had made everything.
    town.conn().await.execute("alter database pancake owner to site").await.unwrap();
    town.conn().await.execute(GRANT_ALL).await.unwrap();
    let people = &town.people;
    let site = desk.site(&town, &[]).await;
    flirt(&site, &people[0], &people[1]).await;
    desk.well("Back up and restore", "pg_dump -Fc");
    flirt(&site, &people[2], &people[3]).await;
    end(site);

    let mut above = desk.postgres.options().database("postgres").connect().await.unwrap();
    above.execute("drop database pancake with (force)").await.unwrap();
    for beginning in ["psql -f", "createdb", "pancake status"] {
        desk.well("Back up and restore", beginning);
    }
    let site = desk.site(&town, &[]).await;
    flirt(&site, &people[4], &people[5]).await;
    assert_eq!(kept(&mut town.conn().await).await, 2, "the flirt after the backup is gone");

    one_module(&desk, &town, site).await;
    moved(&desk, &town).await;
    drop(town);
    desk.postgres.stop().await.unwrap();
    discard(&data).await.unwrap();
}

const GRANT_ALL: &str = "do $$ declare role text; begin
    for role in select rolname from pg_roles where rolname like 'pancake\\_%' loop
        execute format('grant %I to site', role);
    end loop; end $$";

/// Flirt alone comes back, and has forgotten something that others know.
async fn one_module(desk: &Desk, town: &Town, site: Site) {
    let section = "Back up and restore";
    let people = &town.people;
    desk.well(section, "pg_dump -Fc");
    flirt(&site, &people[6], &people[7]).await;
    let flirts = "select count(*) from alerts.alert where kind = 'flirt'";
    let alerts = async || query_scalar::<_, i64>(flirts).fetch_one(&mut town.conn().await).await.unwrap();
    wait::until("alerts knows", async || alerts().await == 3).await;
    end(site);
    desk.well(section, "psql pancake -c 'drop schema flirt");
    desk.well(section, "pg_restore -n flirt");
    let site = desk.site(town, &[]).await;
    let status = commands(section).into_iter().find(|line| line.contains("have stopped")).unwrap();
    let named = status.split_once("running: ").unwrap().1.trim_end_matches(" have stopped").split(", ");
    for module in named {
        wait::until(module, async || {
            let said = desk.type_in("pancake status");
            let text = String::from_utf8_lossy(&said.stderr).into_owned();
            !said.status.success() && text.contains(&format!("pancake rebuild {module}"))
        })
        .await;
    }
    desk.well(section, "pancake rebuild --stopped");
    assert_eq!(alerts().await, 2);
    flirt(&site, &people[8], &people[9]).await;
    wait::until("everybody goes on", async || alerts().await == 3).await;
    assert!(desk.type_in("pancake status").status.success());
    end(site);
}

/// Chat lives elsewhere from now on.
async fn moved(desk: &Desk, town: &Town) {
    for line in commands("Move a module to another database") {
        let output = desk.type_in(line);
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let said = desk.type_in("pancake status");
    assert!(String::from_utf8_lossy(&said.stderr).contains("DATABASE_URL_CHAT"), "{said:?}");
    let talk = desk.url.replace("/pancake?", "/talk?");
    let site = desk.site(town, &[("DATABASE_URL_CHAT", &talk)]).await;
    let (client, people) = (Client::new(), &town.people);
    let message = Call::message(&people[0], &people[1], "Here?", "moved".to_owned()).awaited();
    let answer = client.answer(site.address(), &message).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let status = format!("DATABASE_URL_CHAT='{talk}' pancake status");
    let said = desk.type_in(&status);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    end(site);
}
