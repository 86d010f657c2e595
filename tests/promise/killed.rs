//! `kill -9` at random moments: what was answered happened once, what was refused did not, and what was not
//! answered happened at most once and can be asked for again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::http::Method;
use futures::future::{join, join_all};
use pancake::store::{PrivatePostgres, Server, discard};
use rustix::process::{Signal, kill_process};
use tokio::sync::watch;

use crate::client::{Answer, Call, Client, Heard};
use crate::dice::Dice;
use crate::kept::kept;
use crate::postgres::folder;
use crate::site::Site;
use crate::town::{Pair, Person, Town};
use crate::wait;

/// Another one for another run.
const SEED: &str = "PROMISE_SEED";
const SEED_DEFAULT: u64 = 0x0070_726f_6d69_7365;
/// While requests are answered.
const KILLS: usize = 50;
/// After so many of these, one more comes while the server is only starting.
const STARTS: usize = 5;
const CLIENTS: usize = 8;
const MEMBERS: usize = 100;
/// Pairs of which one has blocked the other.
const BLOCKED: usize = 10;

/// What the clients share.
struct Scene<'t> {
    town: &'t Town,
    address: watch::Receiver<String>,
    blocked: &'t [Pair],
    /// One a client, who blocks and unblocks all the time.
    toggled: &'t [Pair],
    fresh: &'t [Pair],
    taken: AtomicUsize,
    sent: AtomicUsize,
    done: AtomicBool,
}

/// What one client was told.
#[derive(Default)]
struct Ledger {
    /// The flirts that were answered with success.
    created: BTreeMap<Pair, String>,
    /// The flirts of which nobody knows.
    unknown: Vec<Pair>,
    refused: usize,
    repeated: usize,
    toggled: usize,
    /// Requests of any kind.
    unanswered: usize,
    unsent: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_moments() {
    let _machine = crate::MACHINE.read().await;
    let begun = Instant::now();
    let seed = std::env::var(SEED).map_or(SEED_DEFAULT, |seed| seed.parse().unwrap());
    println!("killed: {SEED}={seed}");
    let mut dice = Dice::new(seed);
    // Postgres outlives the program here, and writes to the disk as it would in production.
    let server = Server { durable: true, max_connections: 250 };
    let postgres = PrivatePostgres::start(&folder("killed"), server).await.unwrap();
    let town = Town::open(&postgres, "killed", MEMBERS).await;
    let pairs = town.pairs(&mut dice);
    let (blocked, rest) = pairs.split_at(BLOCKED);
    let (toggled, fresh) = rest.split_at(CLIENTS);
    let site = town.site(&[]).await;
    block(&town, site.address(), blocked).await;
    let (say, address) = watch::channel(site.address().to_owned());
    let (taken, sent) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let scene =
        Scene { town: &town, address, blocked, toggled, fresh, taken, sent, done: AtomicBool::new(false) };
    let clients = (0..CLIENTS).map(|number| client(&scene, number, seed));
    let (site, ledgers) = join(kill(&scene, site, &say, &mut dice), join_all(clients)).await;
    let ledger = ledgers.into_iter().reduce(Ledger::and).unwrap();
    let done = judge(&scene, site.address(), &ledger).await;
    println!(
        "killed: {KILLS} kills under load and {} while starting; {} requests, {} created, {} refused, {} repeated, \
         {} blocked or unblocked, {} unanswered, {} found nobody; of {} flirts without an answer {done} had \
         happened; {:.1} s",
        KILLS / STARTS,
        scene.sent.load(Ordering::SeqCst),
        ledger.created.len(),
        ledger.refused,
        ledger.repeated,
        ledger.toggled,
        ledger.unanswered,
        ledger.unsent,
        ledger.unknown.len(),
        begun.elapsed().as_secs_f64()
    );
    assert!(ledger.unanswered >= KILLS, "the kills met too little");
    assert!(ledger.unknown.len() >= CLIENTS && ledger.created.len() >= KILLS * 2, "too little happened");
    assert!(ledger.refused > 0 && ledger.repeated > 0 && ledger.toggled > 0, "too little happened");
    drop(site);
    postgres.stop().await.unwrap();
    discard(&folder("killed")).await.unwrap();
}

/// Kills and starts again. Returns the last server.
async fn kill(scene: &Scene<'_>, mut site: Site, say: &watch::Sender<String>, dice: &mut Dice) -> Site {
    for number in 1..=KILLS {
        let goal = scene.sent.load(Ordering::SeqCst) + 5 + dice.roll(60);
        wait::until("requests are sent", async || scene.sent.load(Ordering::SeqCst) >= goal).await;
        pause(dice, 3_000).await;
        kill_process(site.pid(), Signal::KILL).unwrap();
        site.ended();
        if number % STARTS == 0 {
            let mut starting = scene.town.launch();
            pause(dice, 150_000).await;
            kill_process(starting.pid(), Signal::KILL).unwrap();
            starting.ended();
        }
        site = scene.town.site(&[]).await;
        say.send_replace(site.address().to_owned());
    }
    scene.done.store(true, Ordering::SeqCst);
    site
}

/// Any moment will do: what is asserted does not depend on it.
async fn pause(dice: &mut Dice, micros: usize) {
    tokio::time::sleep(Duration::from_micros(u64::try_from(dice.roll(micros)).unwrap())).await;
}

/// The second of each pair blocks the first.
async fn block(town: &Town, address: &str, pairs: &[Pair]) {
    let client = Client::new();
    for (by, whom) in pairs.iter().map(|(one, other)| (&town.people[*other], &town.people[*one])) {
        let answer = client.answer(address, &Call::block(Method::PUT, by, whom)).await;
        assert_eq!(answer.status, 204, "{answer:?}");
    }
    kept(&mut town.conn().await).await;
}

/// Asks until the kills are over.
async fn client(scene: &Scene<'_>, number: usize, seed: u64) -> Ledger {
    let client = Client::new();
    let own = u64::try_from(number + 1).unwrap().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut dice = Dice::new(seed ^ own);
    let mut ledger = Ledger::default();
    let people = &scene.town.people;
    while !scene.done.load(Ordering::SeqCst) {
        match dice.roll(20) {
            0 => {
                let her = dice.pick(people);
                let answer = scene.ask(&client, &Call::flirt(her, her), &mut ledger).await;
                ledger.refused(answer, "flirt.self");
            }
            1 => {
                let call = scene.flirt(*dice.pick(scene.blocked));
                let answer = scene.ask(&client, &call, &mut ledger).await;
                ledger.refused(answer, "not-found");
            }
            2 | 3 => ledger.repeat(scene, &client, &mut dice).await,
            4 | 5 => {
                let (by, whom) = scene.toggled[number];
                let method = if dice.roll(2) == 0 { Method::PUT } else { Method::DELETE };
                let call = Call::block(method, &people[by], &people[whom]);
                if let Some(answer) = scene.ask(&client, &call, &mut ledger).await {
                    assert_eq!(answer.status, 204, "{answer:?}");
                    ledger.toggled += 1;
                }
            }
            _ => ledger.fresh(scene, &client).await,
        }
    }
    ledger
}

impl Scene<'_> {
    fn flirt(&self, (from, to): Pair) -> Call {
        Call::flirt(&self.town.people[from], &self.town.people[to])
    }

    /// Asks once, as soon as somebody takes the connection. 503 says as little as no answer.
    async fn ask(&self, client: &Client, call: &Call, ledger: &mut Ledger) -> Option<Answer> {
        let mut address = self.address.clone();
        let answer = loop {
            let at = address.borrow_and_update().clone();
            self.sent.fetch_add(1, Ordering::SeqCst);
            match client.ask(&at, call).await {
                Heard::Answer(answer) => break Some(answer),
                Heard::Nothing => break None,
                Heard::Unsent => {
                    self.sent.fetch_sub(1, Ordering::SeqCst);
                    ledger.unsent += 1;
                    address.changed().await.expect("another server is started");
                }
            }
        };
        let answer = answer.filter(|answer| !answer.is_later());
        ledger.unanswered += usize::from(answer.is_none());
        answer
    }
}

impl Ledger {
    async fn fresh(&mut self, scene: &Scene<'_>, client: &Client) {
        let number = scene.taken.fetch_add(1, Ordering::SeqCst);
        let pair = *scene.fresh.get(number).expect("more members are needed");
        match scene.ask(client, &scene.flirt(pair), self).await {
            Some(answer) => {
                assert_eq!(answer.status, 201, "{answer:?}");
                self.created.insert(pair, answer.flirt());
            }
            None => self.unknown.push(pair),
        }
    }

    /// A second flirt is the first.
    async fn repeat(&mut self, scene: &Scene<'_>, client: &Client, dice: &mut Dice) {
        if self.created.is_empty() {
            return;
        }
        let known = self.created.iter().nth(dice.roll(self.created.len()));
        let (pair, flirt) = known.map(|(pair, flirt)| (*pair, flirt.clone())).unwrap();
        if let Some(answer) = scene.ask(client, &scene.flirt(pair), self).await {
            assert_eq!((answer.status, answer.flirt()), (200, flirt));
            self.repeated += 1;
        }
    }

    fn refused(&mut self, answer: Option<Answer>, code: &str) {
        if let Some(answer) = answer {
            assert_eq!(answer.body["code"], code, "{answer:?}");
            self.refused += 1;
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.created.extend(other.created);
        self.unknown.extend(other.unknown);
        self.refused += other.refused;
        self.repeated += other.repeated;
        self.toggled += other.toggled;
        self.unanswered += other.unanswered;
        self.unsent += other.unsent;
        self
    }
}

/// Compares what was told with what the receivers see. Returns how many flirts without an answer had happened.
async fn judge(scene: &Scene<'_>, address: &str, ledger: &Ledger) -> usize {
    let client = Client::new();
    let mut conn = scene.town.conn().await;
    let flirts = kept(&mut conn).await;
    let mut seen = seen(scene.town, &client, address).await;
    assert_eq!(i64::try_from(seen.values().map(Vec::len).sum::<usize>()), Ok(flirts));
    let known = ledger.created.len();
    for (pair, flirt) in &ledger.created {
        assert_eq!(seen.remove(pair).as_deref(), Some(std::slice::from_ref(flirt)), "answered: {pair:?}");
    }
    let mut done = 0;
    for pair in &ledger.unknown {
        let before = seen.remove(pair).unwrap_or_default();
        assert!(before.len() <= 1, "not answered: {pair:?} has {before:?}");
        done += before.len();
        let answer = client.answer(address, &scene.flirt(*pair)).await;
        match before.first() {
            Some(flirt) => assert_eq!((answer.status, &answer.flirt()), (200, flirt)),
            None => assert_eq!(answer.status, 201, "{answer:?}"),
        }
    }
    assert!(seen.is_empty(), "nobody asked for these, or they were refused: {seen:?}");
    assert_eq!(kept(&mut conn).await, i64::try_from(known + ledger.unknown.len()).unwrap());
    let seen = self::seen(scene.town, &client, address).await;
    assert_eq!(seen.len(), known + ledger.unknown.len());
    assert!(seen.values().all(|alerts| alerts.len() == 1), "{seen:?}");
    done
}

/// All alerts of flirts, as their receivers read them.
async fn seen(town: &Town, client: &Client, address: &str) -> BTreeMap<Pair, Vec<String>> {
    let place = |id| town.people.iter().position(|person: &Person| person.id == id).unwrap();
    let mut seen: BTreeMap<Pair, Vec<String>> = BTreeMap::new();
    for (number, her) in town.people.iter().enumerate() {
        for (from, alert) in client.flirts_with(address, her).await {
            seen.entry((place(from), number)).or_default().push(alert);
        }
    }
    seen
}
