//! A process that dies after a step of an event's path: for every type of event and every step. Whoever opens the
//! site again, and repeats what had no answer, finds everything as if nothing had happened.
//!
//! The process is this very test program: it opens the site, publishes, and dies where `FAIL_AT` says. The next one
//! recovers on the same database, writes down what is there, and dies of the next event.

mod script;
mod tables;

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{env, fs};

use futures::future::join_all;
use pancake::bus;
use pancake::dev::test_site::{TestSite, TestSiteOptions};
use pancake::kernel::config::{Config, StoreConfig};
use pancake::kernel::fault_injection::Step;
use pancake::modules;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, query_scalar};
use tokio::process::Command;
use tokio::time::timeout;

use crate::broker;
use crate::postgres::{folder, postgres};
use crate::site::url;
use script::{Line, script};

/// What a child is told: the database, the folder of what it writes down, the first and the last line to publish,
/// and whether the one before the first is to be repeated.
const DATABASE: &str = "ABORTED_DATABASE";
const FOLDER: &str = "ABORTED_FOLDER";
const FIRST: &str = "ABORTED_FIRST";
const LAST: &str = "ABORTED_LAST";
const AGAIN: &str = "ABORTED_AGAIN";
/// Where it dies, and its broker: the program itself reads these.
const FAIL_AT: &str = "FAIL_AT";
const AMQP_URL: &str = "AMQP_URL";
const AMQP_PREFIX: &str = "AMQP_PREFIX";
/// Databases on which processes die at the same time.
const WORKERS: usize = 3;
/// Of one process, from its start to its death.
const CHILD_MAX: Duration = Duration::from_mins(1);
const CONNECTIONS: u16 = 80;
const SIGABRT: i32 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aborted_after_every_step() {
    if let Ok(url) = env::var(DATABASE) {
        return child(&url).await;
    }
    let _machine = crate::MACHINE.read().await;
    let broker = broker::start(&folder("aborted-broker")).await;
    // What comes before a bus, and between its own steps, is the same on all of them. Without RabbitMQ, which says so, the
    // bus of a single node has to do; it confirms nothing.
    let own = [Step::Published, Step::Confirmed, Step::Consumed, Step::Acknowledged];
    let (on_broker, on_node): (Vec<Step>, Vec<Step>) =
        Step::ALL.into_iter().partition(|step| broker.is_some() && own.contains(step));
    let on_node: Vec<Step> = on_node.into_iter().filter(|step| *step != Step::Confirmed).collect();
    aborted_on(None, &on_node).await;
    if let Some(broker) = broker {
        aborted_on(Some(&broker.url()), &on_broker).await;
    }
}

/// What all deaths have in common.
struct Play<'p> {
    /// Where children find RabbitMQ; without it they have the bus of a single node.
    broker: Option<&'p str>,
    /// Of databases and folders.
    prefix: &'static str,
    before: Vec<Line>,
    script: Vec<Line>,
    /// What is in the tables after each line, if nobody dies.
    wanted: Vec<Vec<String>>,
}

/// Dies of every event after each of these steps.
async fn aborted_on(broker: Option<&str>, steps: &[Step]) {
    let begun = Instant::now();
    let (before, script) = script();
    let types: BTreeSet<&str> = script.iter().map(|line| line.name).collect();
    let all: BTreeSet<&str> = modules::registry().events().map(|event| event.name).collect();
    assert_eq!((&types, script.len()), (&all, all.len()), "every type is published once");
    let prefix = if broker.is_some() { "broker" } else { "node" };
    let wanted = undisturbed(&format!("aborted_{prefix}_never"), &before, &script).await;
    let play = Play { broker, prefix, before, script, wanted };

    let queue = Mutex::new(steps.iter());
    let workers = (0..WORKERS).map(|_| async {
        let mut aborted = 0;
        loop {
            let next = queue.lock().unwrap().next();
            let Some(step) = next else { break aborted };
            aborted += play.abort_all(*step).await;
        }
    });
    let aborted: usize = join_all(workers).await.into_iter().sum();
    println!(
        "aborted on a {prefix}: {aborted} processes, at {} steps of {} types of events, {:.1} s",
        steps.len(),
        play.script.len(),
        begun.elapsed().as_secs_f64()
    );
    let expected = steps.iter().map(|step| play.script.iter().filter(|line| meets(*step, line)).count());
    assert_eq!(aborted, expected.sum::<usize>());
}

/// What is in the tables after each event, if nobody dies.
async fn undisturbed(database: &str, before: &[Line], script: &[Line]) -> Vec<Vec<String>> {
    let stage = opened(database, before).await;
    let options = postgres().await.options().database(database);
    let mut wanted = Vec::new();
    for line in script {
        let applied = stage.publish(line.event(), line.at).await.unwrap();
        assert!(applied.changed(), "{} changes nothing: the script is not valid", line.name);
        stage.settle().await.unwrap();
        wanted.push(rows(&stage, &options).await);
    }
    stage.close().await;
    wanted
}

/// A new site on which the script can begin.
async fn opened(database: &str, before: &[Line]) -> TestSite {
    let stage = TestSite::open(postgres().await, database, CONNECTIONS).await.unwrap();
    for line in before {
        let _ = stage.publish(line.event(), line.at).await.unwrap();
        // One after the other: between sources there is no order.
        stage.settle().await.unwrap();
    }
    stage
}

async fn rows(stage: &TestSite, options: &PgConnectOptions) -> Vec<String> {
    let schemas: Vec<&str> = stage.ctx.units().map(|unit| unit.spec.schema).collect();
    tables::rows(options, &schemas).await
}

/// Whether an event comes to this step: not every one has a listener in another module.
fn meets(step: Step, line: &Line) -> bool {
    let registry = modules::registry();
    let mut others =
        registry.listeners().iter().filter(|it| it.source == line.source && it.module != it.source);
    match step {
        Step::Heard => others.any(|it| it.event == line.name),
        Step::Offset | Step::Consumed | Step::Acknowledged => others.next().is_some(),
        _ => true,
    }
}

impl Play<'_> {
    /// Plays the script on a database of its own, with a death at this step of each event. Says how many died.
    async fn abort_all(&self, step: Step) -> usize {
        let database = format!("aborted_{}_{step}", self.prefix);
        opened(&database, &self.before).await.close().await;
        let options = postgres().await.options().database(&database);
        let folder = folder(&database);
        fs::create_dir_all(&folder).unwrap();
        let mut told = vec![(DATABASE, url(&options, "pancake", "", &database))];
        if let Some(broker) = self.broker {
            told.extend([(AMQP_URL, broker.to_owned()), (AMQP_PREFIX, database)]);
        }
        let child = Child { told, folder: &folder };
        let (mut first, mut again, mut aborted) = (0, false, 0);
        while first < self.script.len() || again {
            let armed = (first..self.script.len()).find(|number| meets(step, &self.script[*number]));
            let fail_at = armed.map(|number| format!("{step}:{}", self.script[number].name));
            let died = child.dies((first, armed.unwrap_or(self.script.len())), again, fail_at.as_ref()).await;
            assert_eq!(died, armed.is_some(), "{fail_at:?}");
            aborted += usize::from(died);
            first = armed.map_or(self.script.len(), |number| number + 1);
            again = died;
        }
        for (number, line) in self.script.iter().enumerate() {
            self.compare(number, &fs::read_to_string(file(&folder, number)).unwrap(), || {
                format!("{} at {step}", line.name)
            });
        }
        aborted
    }

    fn compare(&self, number: usize, found: &str, which: impl Fn() -> String) {
        let (count, rows) = (found.lines().count(), self.wanted[number].len());
        let (found, wanted): (BTreeSet<&str>, BTreeSet<&str>) =
            (found.lines().collect(), self.wanted[number].iter().map(String::as_str).collect());
        let more: Vec<_> = found.difference(&wanted).collect();
        let less: Vec<_> = wanted.difference(&found).collect();
        assert!(
            more.is_empty() && less.is_empty() && count == rows,
            "after the death of {} there are {count} rows of {rows}, with {more:#?}\ninstead of {less:#?}",
            which()
        );
    }
}

/// Where a child writes down what there is after a line of the script.
fn file(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{number}.txt"))
}

/// How processes are started.
struct Child<'c> {
    told: Vec<(&'static str, String)>,
    folder: &'c Path,
}

impl Child<'_> {
    /// Whether it died as it was told to. It must not end in any third way.
    async fn dies(&self, (first, last): (usize, usize), again: bool, fail_at: Option<&String>) -> bool {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "aborted::aborted_after_every_step", "--nocapture"]);
        command.env_remove(AMQP_URL).envs(self.told.iter().map(|(name, value)| (*name, value)));
        command.env(FOLDER, self.folder).env(AGAIN, again.to_string());
        command.env(FIRST, first.to_string()).env(LAST, last.to_string());
        command.envs(fail_at.iter().map(|point| (FAIL_AT, point)));
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = timeout(CHILD_MAX, command.output()).await.expect("a child hangs").unwrap();
        let died = output.status.signal() == Some(SIGABRT);
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(died || output.status.success(), "{fail_at:?}: {}: {said}", output.status);
        assert!(died || said.contains("1 passed"), "the child is not found: {said}");
        died
    }
}

/// What the test does as a process of itself: recovers, publishes, and dies if it is told to.
async fn child(url: &str) {
    let told = |name: &str| env::var(name).unwrap();
    let (first, last): (usize, usize) = (told(FIRST).parse().unwrap(), told(LAST).parse().unwrap());
    let (folder, (_, script)) = (PathBuf::from(told(FOLDER)), script());
    let options: PgConnectOptions = url.parse().unwrap();
    let config = Config::for_tools(StoreConfig::for_tests(CONNECTIONS));
    let bus = bus::open(&config, &modules::registry()).await.unwrap();
    let stage = TestSiteOptions { bus, ..TestSiteOptions::of(CONNECTIONS) };
    let stage = TestSite::on(options.clone(), stage).await.unwrap();
    let settled = async |number: usize| {
        stage.settle().await.unwrap();
        fs::write(file(&folder, number), rows(&stage, &options).await.join("\n")).unwrap();
    };
    if told(AGAIN) == "true" {
        repeat(&stage, &script[first - 1]).await;
        settled(first - 1).await;
    }
    for (number, line) in script.iter().enumerate().take(last + 1).skip(first) {
        let _ = stage.publish(line.event(), line.at).await.unwrap();
        settled(number).await;
    }
    stage.close().await;
}

/// As whoever got no answer does. What her module has already, it refuses or knows; where no module is built that
/// could, she looks.
async fn repeat(stage: &TestSite, line: &Line) {
    let unit = stage.ctx.unit_named(line.source).unwrap();
    let known = format!(
        "select exists (select from {0}.journal where name = $1 and payload::jsonb = $2)
             or exists (select from {0}.outbox where name = $1 and payload::jsonb = $2)",
        unit.spec.schema
    );
    let known = query_scalar(AssertSqlSafe(known)).bind(line.name).bind(&line.payload);
    let known: bool = known.fetch_one(&unit.background).await.unwrap();
    if line.own_listener || !known {
        let _ = stage.publish(line.event(), line.at).await;
    }
}
