//! Two nodes on one Postgres, each with a bus of its own: what one is told, the other shows, and who polls may go from one
//! to the other.

use std::time::Instant;

use futures::future::{join, join_all};
use serde_json::Value;

use crate::client::{Call, Client};
use crate::dice::Dice;
use crate::kept::kept;
use crate::postgres::postgres;
use crate::site::Site;
use crate::town::{Pair, Person, Town, smallest};
use crate::wait;

const SEED: u64 = 0x006e_6f64_6573;
const CLIENTS: usize = 8;
const FLIRTS: usize = 25;
const MEMBERS: usize = 40;
/// Flirts of those who hop.
const HOPS: usize = 8;

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
        wait::until("it is ready", async || node.get("/health/ready").starts_with("HTTP/1.1 200")).await;
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

/// Whoever has waited for the effects finds them on every node, with one look; and whoever polls hears of everything
/// once, whichever node she asks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn effects_and_polls_hop_from_node_to_node() {
    let _machine = crate::MACHINE.read().await;
    let town = Town::open(postgres().await, "hops", HOPS + 1).await;
    let connections: &'static str = smallest().to_string().leak();
    let few = [("CONNECTIONS", connections)];
    let nodes = [town.site(&few).await, town.site(&few).await];
    let client = Client::new();
    let [to, others @ ..] = &town.people[..] else { panic!("members") };
    let mut after = poll(&client, &nodes[0], to, "").await["after"].clone();
    let mut longest = 0.0_f64;
    for (number, from) in others.iter().enumerate() {
        let (here, there) = (&nodes[number % 2], &nodes[1 - number % 2]);
        let flirting = async {
            let flirt = client.answer(here.address(), &Call::flirt(from, to).awaited()).await;
            assert_eq!(flirt.status, 201, "{flirt:?}");
            let one = (from.id, flirt.flirt());
            for node in &nodes {
                assert!(client.flirts_with(node.address(), to).await.contains(&one), "not at the first look");
            }
        };
        let begun = Instant::now();
        let ((), mut news) = join(flirting, poll(&client, there, to, &asked(&after, 25))).await;
        longest = longest.max(begun.elapsed().as_secs_f64());
        let mut heard = Vec::new();
        // The rest of it, from the other node, until there is no more.
        while changed(&news) > 0 {
            heard.extend(news["changed"].as_array().unwrap().clone());
            after = news["after"].clone();
            news = poll(&client, here, to, &asked(&after, 0)).await;
        }
        assert!(heard.contains(&"alerts".into()) && heard.contains(&"nav".into()), "{heard:?}");
        assert_eq!(changed(&poll(&client, there, to, &asked(&after, 0)).await), 0, "it is told again");
    }
    println!("nodes: {HOPS} flirts awaited and polled for across nodes, the longest took {longest:.1} s");
}

fn asked(after: &Value, wait: u64) -> String {
    format!("?after={}&wait={wait}", after.as_str().unwrap())
}

fn changed(news: &Value) -> usize {
    news["changed"].as_array().unwrap().len()
}

async fn poll(client: &Client, node: &Site, by: &Person, query: &str) -> Value {
    let answer = client.answer(node.address(), &Call::get(format!("/api/poll{query}"), by)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}
