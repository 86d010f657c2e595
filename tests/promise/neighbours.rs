//! Two sites are told the same broker and the same prefix by mistake: each takes what is meant for the other out of the queues, and
//! believes none of it.

use futures::future::join;

use crate::broker;
use crate::client::Client;
use crate::dice::Dice;
use crate::kept::kept;
use crate::postgres::{folder, postgres};
use crate::site::Site;
use crate::town::{Pair, Town};

const SEED: u64 = 0x6e65_6967_6862;
const MEMBERS: usize = 20;
const FLIRTS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sites_with_one_prefix_keep_apart() {
    let _machine = crate::MACHINE.read().await;
    let Some(broker) = broker::start(&folder("neighbours-broker")).await else { return };
    let url = broker.url();
    let one = Town::open(postgres().await, "neighbour_one", MEMBERS).await;
    let other = Town::open(postgres().await, "neighbour_other", MEMBERS).await;
    let sites = (
        one.site(&[("AMQP_URL", &url), ("LOG", "off")]).await,
        other.site(&[("AMQP_URL", &url), ("LOG", "off")]).await,
    );
    join(live(&one, &sites.0), live(&other, &sites.1)).await;
    for town in [&one, &other] {
        assert_eq!(kept(&mut town.conn().await).await, i64::try_from(FLIRTS).unwrap());
    }
}

async fn live(town: &Town, site: &Site) {
    let client = Client::new();
    let pairs: Vec<Pair> = town.pairs(&mut Dice::new(SEED));
    for (from, to) in pairs.into_iter().take(FLIRTS) {
        client.flirt(site.address(), &town.people[from], &town.people[to]).await;
    }
}
