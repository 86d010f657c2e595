//! The broker is away when the site starts: it works and says so. Later the broker comes, and the site finds it.

use tokio::net::TcpListener;

use crate::broker;
use crate::client::Client;
use crate::postgres::{folder, postgres};
use crate::site::Site;
use crate::town::Town;
use crate::wait;

const MEMBERS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_comes_late() {
    let _machine = crate::MACHINE.read().await;
    let Some(mut broker) = broker::start(&folder("late-broker")).await else { return };
    broker.stop().await;
    let town = Town::open(postgres().await, "late", MEMBERS).await;
    // What answers the connection and not the greeting is no broker, and does not keep the site from one.
    let mute = TcpListener::bind(broker.address()).await.unwrap();
    let site = town.site(&[("AMQP_URL", &broker.url()), ("LOG", "off")]).await;
    let greeted = [mute.accept().await.unwrap(), mute.accept().await.unwrap()];
    drop(mute);
    wait::until("the site is ready without a broker", async || is_ready(&site, false)).await;
    flirt_is_seen(&town, &site, 0, 1).await;
    broker.again().await.unwrap();
    wait::until("the site has found the broker", async || is_ready(&site, true)).await;
    drop(greeted);
    flirt_is_seen(&town, &site, 2, 3).await;
    broker.kill().await;
    wait::until("the site has noticed", async || is_ready(&site, false)).await;
    flirt_is_seen(&town, &site, 1, 2).await;
}

/// Ready it is in any case; the bus may be another matter.
fn is_ready(site: &Site, bus_works: bool) -> bool {
    let answer = site.get("/health/ready");
    answer.starts_with("HTTP/1.1 200")
        && answer.contains(&format!(r#""name":"RabbitMQ","works":{bus_works}"#))
}

async fn flirt_is_seen(town: &Town, site: &Site, from: usize, to: usize) {
    let (client, from, to) = (Client::new(), &town.people[from], &town.people[to]);
    let flirt = client.flirt(site.address(), from, to).await;
    wait::until("the flirt is seen", async || {
        client.flirts_with(site.address(), to).await.contains(&(from.id, flirt.clone()))
    })
    .await;
}
