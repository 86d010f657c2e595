//! A node that closes its door loses nobody who is already on her way in: a proxy sends no POST twice.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use axum::Router;
use pancake::bus::memory::MemoryBus;
use pancake::kernel::config::{Config, StoreConfig};
use pancake::kernel::context::Context;
use pancake::modules;
use pancake::shared::passwords::Passwords;
use pancake::store::Units;
use pancake::web::serve::serve;
use tokio::net::TcpListener;

use crate::wait::until;

const CLIENTS: usize = 16;
const ROUNDS: usize = 10;
/// Answers of a round before its end.
const ANSWERS: usize = 200;
/// Whoever is held off tries again so soon.
const PATIENCE: Duration = Duration::from_millis(50);

#[derive(Default)]
struct Tally {
    answered: AtomicUsize,
    /// Connected, and not answered.
    lost: AtomicUsize,
    done: AtomicBool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_come_in_is_answered() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let tally = Arc::new(Tally::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let tally = tally.clone();
            thread::spawn(move || ask(address, &tally))
        })
        .collect();
    for round in 1..=ROUNDS {
        let listener = TcpListener::bind(address).await.unwrap();
        let ctx = context();
        let router = Router::new().fallback(async || "here");
        let serving = ctx.spawn(serve(listener, router, ctx.clone()));
        until("they are answered", async || tally.answered.load(Ordering::SeqCst) >= round * ANSWERS).await;
        ctx.stopping().cancel();
        serving.await.unwrap();
    }
    tally.done.store(true, Ordering::SeqCst);
    tokio::task::block_in_place(|| clients.into_iter().for_each(|client| client.join().unwrap()));
    let lost = tally.lost.load(Ordering::SeqCst);
    assert_eq!(lost, 0, "of {} that were connected", lost + tally.answered.load(Ordering::SeqCst));
}

/// A connection for each request, as a proxy does it.
fn ask(address: SocketAddr, tally: &Tally) {
    while !tally.done.load(Ordering::SeqCst) {
        let Ok(mut stream) = TcpStream::connect_timeout(&address, PATIENCE) else {
            thread::sleep(Duration::from_millis(1));
            continue;
        };
        let mut answer = String::new();
        let _ =
            stream.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let _ = stream.read_to_string(&mut answer);
        let count = if answer.ends_with("here") { &tally.answered } else { &tally.lost };
        count.fetch_add(1, Ordering::SeqCst);
    }
}

/// A program without modules' tables: nobody asks for them here.
fn context() -> Context {
    let config = Config::for_tools(StoreConfig::for_tests(0));
    let (registry, bus) = (Arc::new(modules::registry()), Arc::new(MemoryBus::default()));
    Context::assemble(config, registry, Units::default(), bus, Passwords::new().unwrap())
}
