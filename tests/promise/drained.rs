//! Replacing node after node behind nginx, under load: nobody notices.
//!
//! Members flirt, read, poll and listen through the proxy while each of three nodes is told to end and started again,
//! twice. Not one request may fail, no stream may break, and each node has to be gone within three seconds.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::{join, join_all};
use rustix::process::{Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::client::{Call, Client, Heard};
use crate::dice::Dice;
use crate::kept::kept;
use crate::nginx::{Nginx, free_port};
use crate::postgres::{folder, postgres};
use crate::site::Site;
use crate::town::{Pair, Person, Town, smallest};
use crate::wait;

const SEED: u64 = 0x0064_7261_696e;
const MEMBERS: usize = 120;
const NODES: usize = 3;
const ROUNDS: usize = 2;
/// Of each kind of client.
const CLIENTS: usize = 4;
const STREAMS: usize = 12;
/// From the signal to the end of the process, as a rule; a busy machine may hold one back.
const END_MAX: Duration = Duration::from_secs(3);
/// So long after the signal a node that ends still takes connections for sure, and a request that is under way has time.
const TAKEN_WITHIN: Duration = Duration::from_millis(250);
const GIVEN_WITHIN: Duration = Duration::from_millis(1_300);
/// What a request of a node that ends may still need.
const NEEDS: Duration = Duration::from_millis(950);
/// Answers between two ends, so that every node has its share again.
const BETWEEN: usize = 60;

/// What all share.
struct Scene {
    town: Town,
    nginx: Nginx,
    answered: AtomicUsize,
    flirts: AtomicUsize,
    polls: AtomicUsize,
    open: AtomicUsize,
    ended: AtomicUsize,
    done: AtomicBool,
    /// Ends at which a request was under way and given in time.
    judged: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

impl Scene {
    fn is_done(&self) -> bool {
        self.done.load(Ordering::SeqCst)
    }

    fn fails(&self, what: String) {
        self.failures.lock().unwrap().push(what);
    }

    /// Asks through the proxy; anything but the status is a failure.
    async fn ask(&self, client: &Client, call: &Call, status: u16) -> Option<serde_json::Value> {
        match client.ask(&self.nginx.plain(), call).await {
            Heard::Answer(answer) if answer.status == status => {
                self.answered.fetch_add(1, Ordering::SeqCst);
                Some(answer.body)
            }
            other => {
                self.fails(format!("{} {}: {other:?}", call.method, call.path));
                None
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_replaced_and_nobody_notices() {
    let _machine = crate::MACHINE.write().await;
    let town = Town::open(postgres().await, "drained", MEMBERS).await;
    let ports: Vec<String> = (0..NODES).map(|_| free_port()).collect();
    let nginx = Nginx::start(&folder("nginx-drained"), &ports).await;
    let pairs = town.pairs(&mut Dice::new(SEED));
    let mut nodes = Vec::new();
    for port in &ports {
        nodes.push(start(&town, &nginx, port).await);
    }
    let scene = Scene {
        town,
        nginx,
        answered: AtomicUsize::new(0),
        flirts: AtomicUsize::new(0),
        polls: AtomicUsize::new(0),
        open: AtomicUsize::new(0),
        ended: AtomicUsize::new(0),
        done: AtomicBool::new(false),
        judged: AtomicUsize::new(0),
        failures: Mutex::default(),
    };
    let shares = pairs.chunks(pairs.len().div_ceil(CLIENTS));
    let flirting = join_all(shares.map(|pairs| flirt(&scene, pairs)));
    let people = scene.town.people.iter();
    let reading = join_all(people.clone().take(CLIENTS).map(|person| read(&scene, person)));
    let polling = join_all(people.clone().skip(CLIENTS).take(CLIENTS).map(|person| poll(&scene, person)));
    let streaming = join_all(people.skip(2 * CLIENTS).take(STREAMS).map(|person| stream(&scene, person)));
    let load = join(join(flirting, reading), join(polling, streaming));
    // The last nodes live until the last request has its answer.
    let ((mut ends, _nodes), _) = join(replace(&scene, &ports, nodes), load).await;

    let flirts = scene.flirts.load(Ordering::SeqCst);
    ends.sort();
    let (typical, longest) = (ends[ends.len() / 2], ends[ends.len() - 1]);
    println!(
        "drained: {} ends of {NODES} nodes behind nginx, typically {:.2} s, the longest {:.2} s; {} answers, {flirts} of \
         them flirts and {} long polls, {} ends of streams, {} failures",
        ends.len(),
        typical.as_secs_f64(),
        longest.as_secs_f64(),
        scene.answered.load(Ordering::SeqCst),
        scene.polls.load(Ordering::SeqCst),
        scene.ended.load(Ordering::SeqCst),
        scene.failures.lock().unwrap().len(),
    );
    let failures = scene.failures.lock().unwrap().clone();
    assert!(failures.is_empty(), "{} failures: {:#?}", failures.len(), &failures[..failures.len().min(20)]);
    assert!(typical < END_MAX, "{ends:?}");
    assert!(scene.judged.load(Ordering::SeqCst) > 0, "every last request was late");
    assert!(scene.ended.load(Ordering::SeqCst) >= STREAMS, "streams were open where nodes ended");
    assert_eq!(kept(&mut scene.town.conn().await).await, i64::try_from(flirts).unwrap());
}

async fn start(town: &Town, nginx: &Nginx, port: &str) -> Site {
    let public: &'static str = nginx.url().leak();
    let listen: &'static str = format!("127.0.0.1:{port}").leak();
    let connections: &'static str = smallest().to_string().leak();
    let more = [("PUBLIC_URL", public), ("TRUSTED_PROXIES", "127.0.0.1"), ("LISTEN", listen)];
    town.site(&[more[0], more[1], more[2], ("CONNECTIONS", connections)]).await
}

/// Ends and starts every node, one after the other. Returns how long the ends took, and the nodes that run then.
async fn replace(scene: &Scene, ports: &[String], mut nodes: Vec<Site>) -> (Vec<Duration>, Vec<Site>) {
    let mut ends = Vec::new();
    for number in 0..ROUNDS * NODES {
        let goal = scene.answered.load(Ordering::SeqCst) + BETWEEN;
        wait::until("everybody is served", async || {
            scene.answered.load(Ordering::SeqCst) >= goal && scene.open.load(Ordering::SeqCst) == STREAMS
        })
        .await;
        let mut node = nodes.remove(0);
        let (address, pid) = (node.address().to_owned(), node.pid());
        let last = Last::begin(&address, &scene.town, number).await;
        let told = Instant::now();
        kill_process(pid, Signal::TERM).unwrap();
        let ending = tokio::task::spawn_blocking(move || (node.ended(), told.elapsed()));
        let telling = wait::until("it says that it ends", async || scene.is_told(&address, told).await);
        let ((given, heard), ()) = join(last.finish(told), telling).await;
        let (status, took) = ending.await.unwrap();
        assert!(status.success(), "{status}");
        ends.push(took);
        let whole = heard.starts_with("HTTP/1.1 201") && heard.contains("connection: close");
        // One that is given too late is not for the node to answer.
        scene.judged.fetch_add(usize::from(given < GIVEN_WITHIN), Ordering::SeqCst);
        if given < GIVEN_WITHIN && !whole {
            scene.fails(format!("what needed {NEEDS:?}: {heard:?}"));
        }
        nodes.push(start(&scene.town, &scene.nginx, &ports[number % NODES]).await);
    }
    scene.done.store(true, Ordering::SeqCst);
    (ends, nodes)
}

impl Scene {
    /// Whoever asks for its health is still let in, and told.
    async fn is_told(&self, address: &str, since: Instant) -> bool {
        let asked = since.elapsed();
        let Ok(mut stream) = TcpStream::connect(address).await else {
            if asked < TAKEN_WITHIN {
                self.fails(format!("{address} refused before it had said that it ends"));
            }
            return true;
        };
        let request = "GET /health/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let mut answer = String::new();
        let _ = stream.write_all(request.as_bytes()).await;
        let _ = stream.read_to_string(&mut answer).await;
        answer.starts_with("HTTP/1.1 503") && answer.contains(r#""stopping":true"#)
    }
}

/// A request that is under way when its node is told to end: half of its body is there.
struct Last {
    stream: TcpStream,
    rest: String,
}

impl Last {
    async fn begin(address: &str, town: &Town, number: usize) -> Self {
        let [.., from, to] = &town.people[..] else { panic!("members") };
        let body = format!(r#"{{"text":"The last word no {number}"}}"#);
        let (half, rest) = body.split_at(body.len() / 2);
        let head = format!(
            "POST /api/chat/{} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{half}",
            to.id,
            from.token,
            body.len()
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        Self { stream, rest: rest.to_owned() }
    }

    /// Sends the rest late, and returns when that was, and what came back.
    async fn finish(mut self, told: Instant) -> (Duration, String) {
        tokio::time::sleep(NEEDS.saturating_sub(told.elapsed())).await;
        let mut answer = Vec::new();
        let _ = self.stream.write_all(self.rest.as_bytes()).await;
        let given = told.elapsed();
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = self.stream.read(&mut bytes).await {
            answer.extend_from_slice(&bytes[..count]);
        }
        (given, String::from_utf8(answer).unwrap())
    }
}

async fn flirt(scene: &Scene, pairs: &[Pair]) {
    let client = Client::new();
    let mut pairs = pairs.iter();
    while !scene.is_done() {
        let (from, to) = pairs.next().expect("more pairs than there is time");
        let (from, to) = (&scene.town.people[*from], &scene.town.people[*to]);
        if scene.ask(&client, &Call::flirt(from, to), 201).await.is_some() {
            scene.flirts.fetch_add(1, Ordering::SeqCst);
        }
    }
}

async fn read(scene: &Scene, person: &Person) {
    let client = Client::new();
    while !scene.is_done() {
        scene.ask(&client, &Call::get("/api/alerts", person), 200).await;
    }
}

/// Polls on, from whichever node has answered before to whichever is asked next.
async fn poll(scene: &Scene, person: &Person) {
    let client = Client::new();
    let Some(first) = scene.ask(&client, &Call::get("/api/poll", person), 200).await else { return };
    let mut after = first["after"].as_str().unwrap().to_owned();
    while !scene.is_done() {
        let call = Call::get(format!("/api/poll?after={after}&wait=2"), person);
        let Some(news) = scene.ask(&client, &call, 200).await else { continue };
        news["after"].as_str().unwrap().clone_into(&mut after);
        scene.polls.fetch_add(1, Ordering::SeqCst);
    }
}

/// Keeps one stream open. Each end has to be told before, and is no break.
async fn stream(scene: &Scene, person: &Person) {
    while !scene.is_done() {
        let heard = match listen(scene, person).await {
            Ok(heard) => heard,
            Err(error) => format!("{error}"),
        };
        let told = heard.matches("\nretry: ").count() == 2 && heard.ends_with("\n0\n\n");
        if !told && !scene.is_done() {
            scene.fails(format!("a stream ended so: {heard:?}"));
        }
        scene.ended.fetch_add(1, Ordering::SeqCst);
        // She was told to stay away for a second at least; this is ruder.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Everything that a stream says.
async fn listen(scene: &Scene, person: &Person) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(scene.nginx.plain()).await?;
    let request = format!(
        "GET /live?after=chat:0 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
        person.token
    );
    stream.write_all(request.as_bytes()).await?;
    let mut lines = BufReader::new(stream).lines();
    let (mut heard, mut open) = (String::new(), false);
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line,
            () = over(scene) => break,
        };
        let Ok(Some(line)) = line else { break };
        if line.starts_with("retry: ") && !open {
            open = true;
            scene.open.fetch_add(1, Ordering::SeqCst);
        }
        heard.push_str(&line);
        heard.push('\n');
    }
    if open {
        scene.open.fetch_sub(1, Ordering::SeqCst);
    }
    Ok(heard)
}

async fn over(scene: &Scene) {
    while !scene.is_done() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
