//! A proxy stands before Postgres, and for a while no server behind it: it takes connections and closes them without a word. For
//! every member the database is away, and comes back.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinSet;

use crate::client::{Call, Client, Heard};
use crate::postgres::postgres;
use crate::town::Town;
use crate::wait;

const ROUNDS: usize = 30;

/// Whether there is a server, and how many connections found none.
#[derive(Default)]
struct Proxy {
    away: AtomicBool,
    closed: AtomicUsize,
}

impl Proxy {
    /// Passes connections on to this socket while there is a server, and ends all once it is gone.
    async fn stand(self: Arc<Self>, listener: TcpListener, socket: PathBuf) {
        let mut passing = JoinSet::new();
        while let Ok((mut client, _)) = listener.accept().await {
            if self.away.load(Ordering::SeqCst) {
                self.closed.fetch_add(1, Ordering::SeqCst);
                continue;
            }
            let (proxy, socket) = (self.clone(), socket.clone());
            passing.spawn(async move {
                let mut server = UnixStream::connect(socket).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut client, &mut server) => {}
                    () = proxy.gone() => {}
                }
            });
        }
    }

    async fn gone(&self) {
        while !self.away.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_without_a_server_is_a_database_that_is_away() {
    let _machine = crate::MACHINE.read().await;
    let town = Town::open(postgres().await, "failover", 4).await;
    let options = postgres().await.options();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let socket = options.get_socket().unwrap().join(".s.PGSQL.5432");
    let proxy = Arc::new(Proxy::default());
    let mut standing = JoinSet::new();
    standing.spawn(proxy.clone().stand(listener, socket));
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
    let url = format!("postgres://pancake@127.0.0.1:{port}/failover");
    let site = town.site(&[("DATABASE_URL", &url), ("LOG", "off")]).await;
    let (client, people) = (Client::new(), &town.people);
    let ask = async |call: Call| match client.ask(site.address(), &call).await {
        Heard::Answer(answer) => answer,
        other => panic!("{other:?}"),
    };
    assert_eq!(ask(Call::flirt(&people[0], &people[1])).await.status, 201);
    proxy.away.store(true, Ordering::SeqCst);
    let mut later = 0;
    for _ in 0..ROUNDS {
        for call in [Call::get("/api/chat", &people[1]), Call::flirt(&people[2], &people[3])] {
            let answer = ask(call).await;
            assert!(answer.status == 200 || answer.is_later(), "{answer:?}");
            later += usize::from(answer.is_later());
        }
    }
    assert!(later > 0 && proxy.closed.load(Ordering::SeqCst) > 0, "nobody noticed");
    proxy.away.store(false, Ordering::SeqCst);
    wait::until("members can do everything again", async || {
        ask(Call::flirt(&people[2], &people[3])).await.status == 201
    })
    .await;
    println!("failover: {later} of {} answers were 503, and none 500", 2 * ROUNDS);
}
