//! `kill -9` with a thousand event streams open: all are back soon, and no message is missing on any.
//!
//! Each stream behaves as a browser does: it comes back after the time that the site has said, names the last event
//! that it has seen, and fetches what is new from where it is. It never loads from the beginning.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::{join, join_all};
use pancake::store::{PrivatePostgres, Server, discard};
use rustix::process::{Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::postgres::folder;
use crate::site::Site;
use crate::town::{Person, Town};
use crate::wait;

const STREAMS: usize = 1000;
/// As many as the site allows.
const OF_EACH: usize = 4;
const MEMBERS: usize = STREAMS / OF_EACH;
const KILLS: usize = 3;
/// Messages of each conversation between two kills.
const MESSAGES: usize = 3;
/// Long enough for any machine. How long it took is printed: 20 s is what a machine with nothing else to do keeps.
const OPEN_MAX: Duration = Duration::from_mins(3);
/// What a browser waits where it was told nothing yet.
const RETRY: Duration = Duration::from_secs(3);

const FETCHES_MAX: usize = 5;

/// What all share.
struct Scene {
    town: Town,
    address: String,
    /// Streams that are open now.
    open: AtomicUsize,
    reopened: AtomicUsize,
    /// Messages that were answered, by conversation: the members 2n and 2n + 1.
    sent: Vec<AtomicUsize>,
    repeated: AtomicUsize,
    done: AtomicBool,
    /// The numbers that each stream has.
    seen: Vec<Mutex<Vec<i64>>>,
}

impl Scene {
    fn partner(&self, member: usize) -> &Person {
        &self.town.people[member ^ 1]
    }

    async fn all_open(&self) {
        wait::until_within(OPEN_MAX, "all streams are open", async || {
            self.open.load(Ordering::SeqCst) >= STREAMS
        })
        .await;
    }

    /// Asks on a connection of its own. None where there is no whole answer.
    async fn ask(&self, by: &Person, what: &str, more: &str, body: &str) -> Option<(u16, Value)> {
        let mut stream = TcpStream::connect(&self.address).await.ok()?;
        let request = format!(
            "{what} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n{more}\
             content-length: {}\r\n\r\n{body}",
            by.token,
            body.len()
        );
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, serde_json::from_str(body).ok()?))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_streams_come_back_and_miss_nothing() {
    let _machine = crate::MACHINE.write().await;
    let server = Server { durable: true, max_connections: 250 };
    let postgres = PrivatePostgres::start(&folder("streams"), server).await.unwrap();
    let town = Town::open(&postgres, "streams", MEMBERS).await;
    // The port stays the same, as the address of a site does.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let scene = Scene {
        town,
        address: port.to_string(),
        open: AtomicUsize::new(0),
        reopened: AtomicUsize::new(0),
        sent: (0..MEMBERS / 2).map(|_| AtomicUsize::new(0)).collect(),
        repeated: AtomicUsize::new(0),
        done: AtomicBool::new(false),
        seen: (0..STREAMS).map(|_| Mutex::default()).collect(),
    };
    let site = start(&scene).await;
    let streams = join_all((0..STREAMS).map(|number| stream(&scene, number)));
    let (backs, _) = join(story(&scene, site), streams).await;
    for (number, seen) in scene.seen.iter().enumerate() {
        let all = scene.sent[number / OF_EACH / 2].load(Ordering::SeqCst);
        let all: Vec<i64> = (1..=i64::try_from(all).unwrap()).collect();
        assert_eq!(*seen.lock().await, all, "stream {number}");
    }
    println!(
        "streams: {KILLS} kills with {STREAMS} streams open, all back after {backs:.1?} s; {} messages, {} sent again, \
         {} streams opened again, none misses or doubles any",
        scene.sent.iter().map(|sent| sent.load(Ordering::SeqCst)).sum::<usize>(),
        scene.repeated.load(Ordering::SeqCst),
        scene.reopened.load(Ordering::SeqCst),
    );
    assert!(scene.reopened.load(Ordering::SeqCst) >= KILLS * STREAMS);
    postgres.stop().await.unwrap();
    discard(&folder("streams")).await.unwrap();
}

async fn start(scene: &Scene) -> Site {
    let listen: &'static str = scene.address.clone().leak();
    scene.town.site(&[("LISTEN", listen)]).await
}

/// Messages and kills at the same time; in the end everybody has everything. Returns how long coming back took.
async fn story(scene: &Scene, mut site: Site) -> Vec<f64> {
    let mut backs = Vec::new();
    scene.all_open().await;
    for _ in 0..KILLS {
        let goal = scene.sent.iter().map(|sent| sent.load(Ordering::SeqCst)).sum::<usize>() + MEMBERS / 4;
        let writing = join_all((0..MEMBERS / 2).map(|pair| write(scene, pair)));
        let killing = async {
            let so_many = async || scene.sent.iter().map(|sent| sent.load(Ordering::SeqCst)).sum::<usize>();
            wait::until_within(OPEN_MAX, "messages are sent", async || so_many().await >= goal).await;
            kill_process(site.pid(), Signal::KILL).unwrap();
            site.ended();
            let killed = Instant::now();
            wait::until_within(OPEN_MAX, "the streams notice", async || {
                scene.open.load(Ordering::SeqCst) == 0
            })
            .await;
            site = start(scene).await;
            scene.all_open().await;
            backs.push(killed.elapsed().as_secs_f64());
        };
        join(writing, killing).await;
    }
    wait::until_within(OPEN_MAX, "every stream has every message", async || {
        for (number, seen) in scene.seen.iter().enumerate() {
            if seen.lock().await.len() < scene.sent[number / OF_EACH / 2].load(Ordering::SeqCst) {
                return false;
            }
        }
        true
    })
    .await;
    scene.done.store(true, Ordering::SeqCst);
    // Ends the streams: they are only reading.
    drop(site);
    backs
}

/// Writes some messages, one after the other, each until it is answered.
async fn write(scene: &Scene, pair: usize) {
    for _ in 0..MESSAGES {
        let number = scene.sent[pair].load(Ordering::SeqCst) + 1;
        let (from, to) = (&scene.town.people[pair * 2 + number % 2], scene.partner(pair * 2 + number % 2));
        let key = format!("idempotency-key: {pair}-{number}\r\ncontent-type: application/json\r\n");
        let (what, body) = (format!("POST /api/chat/{}", to.id), format!(r#"{{"text":"no {number}"}}"#));
        loop {
            match scene.ask(from, &what, &key, &body).await {
                Some((201, answer)) => {
                    assert_eq!(answer["number"], number, "{answer}");
                    break;
                }
                Some((503, _)) | None => drop(scene.repeated.fetch_add(1, Ordering::SeqCst)),
                other => panic!("{what}: {other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        scene.sent[pair].store(number, Ordering::SeqCst);
    }
}

/// One tab of a member.
async fn stream(scene: &Scene, number: usize) {
    let member = number / OF_EACH;
    let (mut cursor, mut retry, mut first) = ("chat:0".to_owned(), RETRY, true);
    while !scene.done.load(Ordering::SeqCst) {
        if !first {
            tokio::time::sleep(retry).await;
        }
        // Whoever was just let in is open; whoever was not tries again.
        if listen(scene, member, number, (&mut cursor, &mut retry)).await {
            scene.open.fetch_sub(1, Ordering::SeqCst);
            scene.reopened.fetch_add(1, Ordering::SeqCst);
        }
        first = false;
    }
}

/// Listens until the connection breaks. False if it was never open.
async fn listen(
    scene: &Scene,
    member: usize,
    number: usize,
    (cursor, retry): (&mut String, &mut Duration),
) -> bool {
    let person = &scene.town.people[member];
    let Ok(mut stream) = TcpStream::connect(&scene.address).await else { return false };
    let request = format!(
        "GET /live?after=chat:0 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nlast-event-id: {cursor}\r\n\r\n",
        person.token
    );
    if stream.write_all(request.as_bytes()).await.is_err() {
        return false;
    }
    let mut lines = BufReader::new(stream).lines();
    let mut open = false;
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(milliseconds) = line.strip_prefix("retry: ") {
            *retry = Duration::from_millis(milliseconds.parse().unwrap());
            assert!(!open, "it says so once, before it is killed");
            open = true;
            scene.open.fetch_add(1, Ordering::SeqCst);
        } else if let Some(id) = line.strip_prefix("id: ") {
            // Where the site is busy it is fetched a little later. Where it is gone, or that takes long, she comes back
            // with the older cursor, and hears of it again.
            let mut tries = 0;
            loop {
                match fetch(scene, member, number).await {
                    Fetched::All => break,
                    Fetched::Later if tries < FETCHES_MAX => tries += 1,
                    Fetched::Later | Fetched::Gone => return open,
                }
                tokio::time::sleep(RETRY).await;
            }
            id.clone_into(cursor);
        }
    }
    open
}

/// How fetching went.
enum Fetched {
    All,
    /// The site is busy.
    Later,
    Gone,
}

/// Fetches what is new.
async fn fetch(scene: &Scene, member: usize, number: usize) -> Fetched {
    let mut seen = scene.seen[number].lock().await;
    let last = seen.last().copied().unwrap_or_default();
    let what = format!("GET /api/chat/{}?after={last}&max=100", scene.partner(member).id);
    match scene.ask(&scene.town.people[member], &what, "", "").await {
        Some((200, thread)) => {
            let items = thread["items"].as_array().unwrap().iter();
            seen.extend(items.map(|item| item["number"].as_i64().unwrap()));
            Fetched::All
        }
        Some((503, _)) => Fetched::Later,
        None => Fetched::Gone,
        other => panic!("{what}: {other:?}"),
    }
}
