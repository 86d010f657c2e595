//! Two nodes on one Postgres, each with a bus of its own: what one is told, the other shows.

use std::time::Instant;

use futures::future::join_all;

use crate::client::Client;
use crate::dice::Dice;
use crate::kept::kept;
use crate::postgres::postgres;
use crate::site::Site;
use crate::town::{Pair, Town};
use crate::wait;

const SEED: u64 = 0x006e_6f64_6573;
const CLIENTS: usize = 8;
const FLIRTS: usize = 25;
const MEMBERS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_are_one_site() {
    let _machine = crate::MACHINE.read().await;
    let begun = Instant::now();
    let town = Town::open(postgres().await, "nodes", MEMBERS).await;
    let nodes = [town.site(&[]).await, town.site(&[]).await];
    let pairs = town.pairs(&mut Dice::new(SEED));
    let clients = pairs.chunks(FLIRTS).take(CLIENTS).enumerate();
    let counts = join_all(clients.map(|(number, pairs)| client(&town, &nodes, pairs, number))).await;
    let flirts = kept(&mut town.conn().await).await;
    for node in &nodes {
        assert!(node.get("/health/ready").starts_with("HTTP/1.1 200"));
    }
    let through: [usize; 2] = [0, 1].map(|node| counts.iter().map(|count| count[node]).sum());
    println!(
        "nodes: {} flirts through one node and {} through the other, each seen on the other one; {:.1} s",
        through[0],
        through[1],
        begun.elapsed().as_secs_f64()
    );
    assert_eq!(flirts, i64::try_from(CLIENTS * FLIRTS).unwrap());
    assert!(through.into_iter().all(|count| count > FLIRTS), "{through:?}");
}

/// Flirts through either node, and looks for the alert on the other. Returns the flirts of each.
async fn client(town: &Town, nodes: &[Site; 2], pairs: &[Pair], number: usize) -> [usize; 2] {
    let client = Client::new();
    let mut dice = Dice::new(SEED + u64::try_from(number * 1_000).unwrap());
    let mut counts = [0, 0];
    for (from, to) in pairs {
        let (from, to) = (&town.people[*from], &town.people[*to]);
        let through = dice.roll(2);
        let flirt = client.flirt(nodes[through].address(), from, to).await;
        counts[through] += 1;
        wait::until("the other node shows the flirt", async || {
            let seen = client.flirts_with(nodes[1 - through].address(), to).await;
            seen.contains(&(from.id, flirt.clone()))
        })
        .await;
    }
    counts
}
