//! Clients that are slow on purpose: heads and bodies that never end, answers that nobody reads, sockets that say nothing.
//! They come from one address and from fifty, straight to the site and through nginx. Everybody else is served meanwhile,
//! and the site's memory stays bounded.
//!
//! The proxy runs docs/nginx.conf, and the same with `proxy_request_buffering off`: then slow bodies reach the site.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::nginx::{Nginx, free_port};
use crate::postgres::{folder, postgres};
use crate::site::Site;
use crate::town::Town;

/// Small, so that the machine that runs this needs few sockets for a siege: fewer connections than there are besiegers.
/// A proxy opens a connection for each request that it passes on, and those have to find room.
const CLIENTS_MAX: &str = "200";
const CLIENTS_MAX_OF_A_PROXY: &str = "1000";
const REQUESTS_MAX: &str = "32";
/// Connections that the besiegers keep open, or try to.
const BESIEGERS: usize = 300;
/// What the others ask for in each siege, two at a time, and how many of it may fail: one in twenty.
const PAGES: usize = 40;
const FAILED_MAX: usize = 2;
/// What a person waits for a page at most. A page takes a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pages that a reader asks for and does not read: more than sockets hold, and no more work than that.
const READ_NEVER: usize = 20;
/// Between what a besieger sends and what it sends next: well below every deadline of the site.
const DRIP: Duration = Duration::from_secs(1);
/// How long each besieger has for taking a position.
const POSITION: Duration = Duration::from_millis(4);
/// The site has 64 KiB for each connection and for each body, and some.
const MEMORY_KIB: u64 = 100 * 1024;

#[derive(Debug, Clone, Copy)]
enum Siege {
    Heads,
    Bodies,
    Chunks,
    Readers,
    Silence,
}

const SIEGES: [Siege; 5] = [Siege::Heads, Siege::Bodies, Siege::Chunks, Siege::Readers, Siege::Silence];

impl Siege {
    /// What is sent first.
    fn begins(self) -> String {
        let form = "POST /logout HTTP/1.1\r\nhost: pancake.example\r\ncontent-type: application/x-www-form-urlencoded\r\n";
        match self {
            Self::Heads => "GET /login HTTP/1.1\r\nhost: pancake.example\r\n".to_owned(),
            Self::Bodies => format!("{form}content-length: 1000\r\n\r\na"),
            Self::Chunks => format!("{form}transfer-encoding: chunked\r\n\r\n1\r\na\r\n"),
            Self::Readers => "GET /login HTTP/1.1\r\nhost: pancake.example\r\n\r\n".repeat(READ_NEVER),
            Self::Silence => String::new(),
        }
    }

    /// What is sent again and again.
    fn drips(self) -> &'static str {
        match self {
            Self::Heads => "x: y\r\n",
            Self::Bodies => "a",
            Self::Chunks => "1\r\na\r\n",
            Self::Readers | Self::Silence => "",
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_keep_nobody_out() {
    let _machine = crate::MACHINE.read().await;
    let town = Town::open(postgres().await, "slow", 1).await;
    let port = free_port();
    let buffering = Nginx::start(&folder("nginx-slow"), std::slice::from_ref(&port)).await;
    let passing = Nginx::start_passing(&folder("nginx-slow-passing"), std::slice::from_ref(&port)).await;
    let listen = format!("127.0.0.1:{port}");
    let ways = [
        ("directly", listen.clone(), CLIENTS_MAX),
        ("nginx", buffering.plain(), CLIENTS_MAX_OF_A_PROXY),
        ("nginx, passing", passing.plain(), CLIENTS_MAX_OF_A_PROXY),
    ];
    let public: &'static str = buffering.url().leak();
    for (way, address, clients_max) in ways {
        let settings = [
            ("LISTEN", &*listen),
            ("PUBLIC_URL", public),
            ("TRUSTED_PROXIES", "127.0.0.1"),
            ("CLIENTS_MAX", clients_max),
            ("REQUESTS_MAX", REQUESTS_MAX),
        ];
        let site = town.site(&settings).await;
        let before = resident_kib(&site);
        for (addresses, siege) in
            [1, 50].into_iter().flat_map(|addresses| SIEGES.map(|siege| (addresses, siege)))
        {
            let answered = besieged(siege, addresses, address.parse().unwrap()).await;
            println!("slow: {siege:?} from {addresses}, {way}: {answered} of {PAGES} pages");
            assert!(answered + FAILED_MAX >= PAGES, "{siege:?} from {addresses}, {way}: {answered}");
        }
        let grown = resident_kib(&site).saturating_sub(before);
        println!("slow: {way}, the site's memory grew by {grown} KiB");
        assert!(grown < MEMORY_KIB, "{way}: {grown} KiB");
    }
}

/// How many pages the others get meanwhile.
async fn besieged(siege: Siege, addresses: usize, site: SocketAddr) -> usize {
    let mut besiegers = JoinSet::new();
    for number in 0..BESIEGERS {
        let from = u8::try_from(1 + number % addresses).unwrap();
        besiegers.spawn(besiege(siege, Ipv4Addr::new(127, 0, 1, from), site));
        // One after the other: this is about slow clients, and not about many at one moment.
        sleep(POSITION).await;
    }
    let visitors = (0..2).map(|visitor| async move {
        let mut answered = 0;
        for _ in 0..PAGES / 2 {
            let page = timeout(PATIENCE, page(Ipv4Addr::new(127, 0, 2, visitor + 1), site)).await;
            answered += usize::from(page.is_ok_and(|page| page.is_some_and(|text| text.contains(" 200 OK"))));
        }
        answered
    });
    let answered = join_all(visitors).await.into_iter().sum();
    besiegers.shutdown().await;
    answered
}

/// Holds one connection, and takes the next when it is cut.
async fn besiege(siege: Siege, from: Ipv4Addr, site: SocketAddr) {
    loop {
        if let Some(mut stream) = connect(from, site).await {
            let mut sent = stream.write_all(siege.begins().as_bytes()).await;
            while sent.is_ok() && !is_cut(&stream, siege) {
                sleep(DRIP).await;
                sent = stream.write_all(siege.drips().as_bytes()).await;
            }
        }
        sleep(DRIP / 10).await;
    }
}

/// True where the site has ended the connection, or has answered: a refusal frees the besieger for the next try. Readers
/// are answered and do not look.
fn is_cut(stream: &TcpStream, siege: Siege) -> bool {
    !matches!(siege, Siege::Readers)
        && !stream.try_read(&mut [0; 1]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

/// A page, on a connection of its own, if there is an answer.
async fn page(from: Ipv4Addr, site: SocketAddr) -> Option<String> {
    let mut stream = connect(from, site).await?;
    let ask = "GET /login HTTP/1.1\r\nhost: pancake.example\r\nconnection: close\r\n\r\n";
    stream.write_all(ask.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}

/// All of 127.0.0.0/8 is this machine, so a client can come from many addresses.
async fn connect(from: Ipv4Addr, site: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    // As little as there can be: otherwise the machine itself reads for a reader who does not.
    socket.set_recv_buffer_size(1).unwrap();
    socket.connect(site).await.ok()
}

fn resident_kib(site: &Site) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", site.pid().as_raw_nonzero())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
