//! Photos, and a program that is killed: none is shown without its files, no files stay that nobody knows of, and
//! nothing is lost that was answered. And what members send on purpose to take its memory.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::{join, join_all};
use pancake::store::{PrivatePostgres, Server, discard};
use rustix::process::{Signal, kill_process};
use sqlx::{Connection, query, query_scalar};
use tokio::sync::watch;

use crate::client::{Call, Client, Heard};
use crate::dice::Dice;
use crate::pictures;
use crate::postgres::folder;
use crate::site::Site;
use crate::town::Town;
use crate::wait;

const KILLS: usize = 10;
const CLIENTS: usize = 8;
const MEMBERS: usize = 25;
/// Each member's: as many as she may have.
const PHOTOS: usize = 20;
/// A photo whose program died before it was whole.
const HALF_WRITTEN: &str = "0197285c-0000-7000-8000-0000000000f9";
const SIZES: [&str; 3] = ["card", "page", "screen"];
/// Megabytes of the program's memory, whatever is sent.
const MEMORY_MAX: usize = 300;
/// What the program that is being started may wait for.
const RETRY_WAIT: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn photos_of_a_killed_program() {
    let _machine = crate::MACHINE.read().await;
    let begun = Instant::now();
    let mut dice = Dice::new(0x0070_686f_746f);
    let server = Server { durable: true, max_connections: 250 };
    let postgres = PrivatePostgres::start(&folder("photos"), server).await.unwrap();
    let town = Town::open(&postgres, "photos", MEMBERS).await;
    let site = town.site(&[]).await;
    let (say, address) = watch::channel(site.address().to_owned());
    let (sent, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let scene = Scene { town: &town, address, sent, done };
    let file = pictures::jpeg(&pictures::upright());
    let clients = (0..CLIENTS).map(|number| scene.upload(number, &file));
    let (site, repeated) = join(scene.kill(site, &say, &mut dice), join_all(clients)).await;
    scene.judge(site.address()).await;
    let swept = scene.sweep(site).await;
    println!(
        "photos: {} uploads, {KILLS} kills, {} asked again, {swept} half-written photos removed; {:.1} s",
        MEMBERS * PHOTOS,
        repeated.iter().sum::<usize>(),
        begun.elapsed().as_secs_f64()
    );
    assert!(repeated.iter().sum::<usize>() >= KILLS, "the kills met too little");
    postgres.stop().await.unwrap();
    discard(&folder("photos")).await.unwrap();
}

struct Scene<'t> {
    town: &'t Town,
    address: watch::Receiver<String>,
    sent: AtomicUsize,
    done: AtomicBool,
}

impl Scene<'_> {
    /// Every member's photos whose number this client has, each until it is answered. Returns how many were asked for
    /// again.
    async fn upload(&self, client: usize, file: &[u8]) -> usize {
        let browser = Client::new();
        let mut repeated = 0;
        for number in (client..MEMBERS * PHOTOS).step_by(CLIENTS) {
            let her = &self.town.people[number % MEMBERS];
            let call = Call::upload(her, file.to_vec(), format!("photo-{number}"));
            loop {
                self.sent.fetch_add(1, Ordering::SeqCst);
                let address = self.address.borrow().clone();
                match browser.ask(&address, &call).await {
                    Heard::Answer(answer) if answer.is_later() => {}
                    Heard::Answer(answer) => {
                        assert!([200, 201].contains(&answer.status), "{answer:?}");
                        break;
                    }
                    Heard::Unsent | Heard::Nothing => repeated += 1,
                }
                tokio::time::sleep(RETRY_WAIT).await;
            }
        }
        self.done.store(true, Ordering::SeqCst);
        repeated
    }

    async fn kill(&self, mut site: Site, say: &watch::Sender<String>, dice: &mut Dice) -> Site {
        for _ in 0..KILLS {
            let goal = self.sent.load(Ordering::SeqCst) + 10 + dice.roll(20);
            let met = || self.sent.load(Ordering::SeqCst) >= goal || self.done.load(Ordering::SeqCst);
            wait::until("photos are sent", async || met()).await;
            tokio::time::sleep(Duration::from_micros(u64::try_from(dice.roll(30_000)).unwrap())).await;
            kill_process(site.pid(), Signal::KILL).unwrap();
            site.ended();
            site = self.town.site(&[]).await;
            say.send_replace(site.address().to_owned());
        }
        site
    }

    /// Each upload is there once, and whole.
    async fn judge(&self, address: &str) {
        let browser = Client::new();
        for her in &self.town.people {
            let answer = browser.answer(address, &Call::get("/api/media", her)).await;
            let photos = answer.body["photos"].as_array().unwrap();
            assert_eq!(photos.len(), PHOTOS, "{answer:?}");
            for photo in photos {
                for size in SIZES {
                    let path = format!("/api/media/{}/{size}", photo["photo"].as_str().unwrap());
                    assert_eq!(browser.answer(address, &Call::get(path, her)).await.status, 200);
                }
            }
        }
    }

    /// The files of what was never claimed are known, and gone when their time has come. Returns how many photos they
    /// were of.
    async fn sweep(&self, mut site: Site) -> usize {
        let there = || -> BTreeSet<String> {
            let entries = fs::read_dir(folder("photos").join("photos")).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        let mut conn = self.town.conn().await;
        let stored = "select photo::text from media.stored";
        let known: Vec<String> = query_scalar(stored).fetch_all(&mut conn).await.unwrap();
        let unknown: Vec<_> = there().into_iter().filter(|photo| !known.contains(photo)).collect();
        assert!(unknown.is_empty(), "nobody knows of the files of {unknown:?}");
        // The kills may have met none: then this one would be all that is tried.
        let half = folder("photos").join("photos").join(HALF_WRITTEN);
        fs::create_dir(&half).unwrap();
        fs::write(half.join("card.jpg"), b"half").unwrap();
        query("insert into media.stored (photo, remove_after) values ($1::uuid, now())")
            .bind(HALF_WRITTEN)
            .execute(&mut conn)
            .await
            .unwrap();
        let unclaimed = there().len() - MEMBERS * PHOTOS;
        kill_process(site.pid(), Signal::KILL).unwrap();
        site.ended();
        // An hour passes.
        query("update media.stored set remove_after = remove_after - interval '1 hour'")
            .execute(&mut conn)
            .await
            .unwrap();
        let site = self.town.site(&[]).await;
        wait::until("their files are removed", async || there().len() == MEMBERS * PHOTOS).await;
        let left = "select count(*) from media.stored";
        wait::until("their rows are removed", async || {
            let mut conn = self.town.conn().await;
            let left: i64 = query_scalar(left).fetch_one(&mut conn).await.unwrap();
            usize::try_from(left).unwrap() == MEMBERS * PHOTOS
        })
        .await;
        conn.close().await.unwrap();
        self.judge(site.address()).await;
        unclaimed
    }
}

/// Whatever is sent, the program answers it, and takes no more memory than it may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_take_no_more_memory_than_they_may() {
    let _machine = crate::MACHINE.read().await;
    let server = Server { durable: false, max_connections: 250 };
    let postgres = PrivatePostgres::start(&folder("pictures"), server).await.unwrap();
    let town = Town::open(&postgres, "pictures", CLIENTS + 1).await;
    let site = town.site(&[]).await;
    let corpus = pictures::corpus();
    let all = (0..CLIENTS).map(|client| {
        let (corpus, town, address) = (&corpus, &town, site.address());
        async move {
            let (browser, her) = (Client::new(), &town.people[client + 1]);
            let mut slowest = (Duration::ZERO, "");
            // Each begins elsewhere, so that different ones meet.
            for number in 0..corpus.len() {
                let sent = &corpus[(number + client * 5) % corpus.len()];
                let begun = Instant::now();
                let call = Call::upload(her, sent.bytes.clone(), format!("picture-{number}"));
                let answer = browser.answer(address, &call).await;
                let wanted = if sent.refusal.is_some() { 422 } else { 201 };
                // Twenty are the most; the others are refused for that, having cost nothing.
                assert!([wanted, 409].contains(&answer.status), "{}: {answer:?}", sent.name);
                slowest = slowest.max((begun.elapsed(), sent.name.as_str()));
            }
            slowest
        }
    });
    let slowest = join_all(all).await.into_iter().max().unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", site.pid().as_raw_nonzero())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    println!(
        "pictures: {CLIENTS} clients with {} files each: at most {} MB; the slowest answer took {:.2} s ({})",
        corpus.len(),
        peak / 1024,
        slowest.0.as_secs_f64(),
        slowest.1
    );
    assert!(peak / 1024 < MEMORY_MAX, "{peak} kB");
    drop(site);
    postgres.stop().await.unwrap();
    discard(&folder("pictures")).await.unwrap();
}
