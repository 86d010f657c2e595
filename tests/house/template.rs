//! Databases to begin with. Each is made once and copied, since migrating takes longer than most tests.

use pancake::dev::test_site::{TestSite, TestSiteOptions};
use tokio::sync::OnceCell;

use crate::postgres::postgres;

const CONNECTIONS: u16 = 64;
const EMPTY: &str = "template_empty";

/// A site that nobody has been to.
pub(crate) async fn site(name: &str, options: TestSiteOptions) -> TestSite {
    static MADE: OnceCell<()> = OnceCell::const_new();
    MADE.get_or_init(|| async {
        TestSite::open(postgres().await, EMPTY, CONNECTIONS).await.unwrap().close().await;
    })
    .await;
    copied(EMPTY, name, options).await
}

/// A site on a copy of a database whose site is closed.
pub(crate) async fn copied(from: &str, name: &str, options: TestSiteOptions) -> TestSite {
    TestSite::copy_database(postgres().await, from, name).await.unwrap();
    TestSite::reopen_with(postgres().await, name, options).await.unwrap()
}
