//! The databases that sites begin with: each is migrated once a run and then copied, which takes a fraction of the time.

use pancake::dev::test_site::{TestSite, TestSiteError, TestSiteOptions};
use pancake::modules;
use pancake::store::{ModuleDatabases, PrivatePostgres};
use tokio::sync::OnceCell;

use crate::kind::Site;

/// Of the site that makes a template.
const CONNECTIONS: u16 = 48;

/// The migrated databases of this run, by the data that they begin with.
pub(crate) struct Templates<'p> {
    postgres: &'p PrivatePostgres,
    /// The other server, of the site that is on two.
    beside: &'p PrivatePostgres,
    whole: OnceCell<()>,
    apart: OnceCell<()>,
}

impl<'p> Templates<'p> {
    pub(crate) fn on(postgres: &'p PrivatePostgres, beside: &'p PrivatePostgres) -> Self {
        Self { postgres, beside, whole: OnceCell::new(), apart: OnceCell::new() }
    }

    /// Makes a site's database of this name, on every server that it is on. Nobody has been there.
    pub(crate) async fn copy(&self, site: Site, database: &str) -> Result<(), TestSiteError> {
        let (made, from) = match site {
            Site::ModuleDatabases => (&self.apart, "template_apart"),
            _ => (&self.whole, "template_whole"),
        };
        made.get_or_try_init(|| self.make(site, from)).await?;
        TestSite::copy_database(self.postgres, from, database).await?;
        if site == Site::ModuleDatabases {
            TestSite::copy_database(self.beside, from, database).await?;
        }
        Ok(())
    }

    async fn make(&self, site: Site, name: &str) -> Result<(), TestSiteError> {
        TestSite::make_database(self.postgres, name).await?;
        if site == Site::ModuleDatabases {
            TestSite::make_database(self.beside, name).await?;
        }
        let there = self.postgres.options().database(name);
        let stage = TestSite::apart(there, &self.apart(site, name), TestSiteOptions::of(CONNECTIONS)).await?;
        stage.close().await;
        Ok(())
    }

    /// Every other module, where a site is on two servers: most events cross then.
    pub(crate) fn apart(&self, site: Site, database: &str) -> ModuleDatabases {
        let beside = self.beside.options();
        let (Site::ModuleDatabases, Some(socket)) = (site, beside.get_socket()) else {
            return ModuleDatabases::new();
        };
        let (user, socket) = (beside.get_username(), socket.display());
        let url = format!("postgres://{user}@localhost/{database}?host={socket}");
        let registry = modules::registry();
        registry.modules().iter().skip(1).step_by(2).map(|spec| (spec.name, url.clone())).collect()
    }
}
