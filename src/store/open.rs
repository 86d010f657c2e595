//! Opens the database for all modules: roles, schemas, pools.
//!
//! A module has a schema and a role of its own, and its pools enter that role when they connect: no
//! module can read another's tables, whatever its SQL says. Several nodes that start at once migrate once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, query_scalar};

use super::module_runtime::ModuleRuntime;
use super::places::{Places, check_settings, own_setting};
use super::private::{Lifetime, PrivatePostgres, Server};
use super::writable::{ReadOnly, SESSION_MAX};
use super::{StoreError, home, restored, schema};
use crate::kernel::config::StoreConfig;
use crate::kernel::module::{ModuleSpec, Registry};

/// How long who uses the database may stand still.
#[derive(Clone, Copy)]
struct Patience {
    /// A request waits so long for a connection before it is answered 503.
    acquire: Duration,
    /// A node that froze in a transaction loses it, and its locks, after this many milliseconds.
    idle_in_transaction_ms: u32,
}

/// Of a site, whose members are waiting.
const OF_A_SITE: Patience = Patience { acquire: Duration::from_secs(2), idle_in_transaction_ms: 3_000 };
/// Of a test within this process: it is not about machines that stall for some seconds.
const OF_A_TEST: Patience = Patience { acquire: Duration::from_secs(20), idle_in_transaction_ms: 20_000 };
/// No statement of the site takes longer, in milliseconds.
const STATEMENT_MS: u32 = 15_000;
/// What the server does about a node whose machine is gone without a word: it asks after so many seconds of
/// silence, again after so many more, gives up after so many times; what nobody takes it keeps for so many
/// milliseconds. Otherwise the node's locks and its share of the connections last for hours. On a Unix socket
/// the system does all that, and these are ignored.
const GONE: [(&str, u32); 4] = [
    ("tcp_keepalives_idle", 10),
    ("tcp_keepalives_interval", 5),
    ("tcp_keepalives_count", 3),
    ("tcp_user_timeout", 10_000),
];
/// What nicknames and addresses are made of. Unique is what `lower()` of the database finds unique, and that goes by its
/// locale: in Turkish ones I is no i, and in `C` Å is no å.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzåäöæøéü";
/// A statement is planned once a connection, whatever it is asked with. Postgres would plan the walks of lists anew for
/// every page, which takes longer than to walk: it takes a plan for how it thinks that it will be used.
const PLANNED: [(&str, &str); 1] = [("plan_cache_mode", "force_generic_plan")];
/// Connections of a module's relay and consumer.
const BACKGROUND: u32 = 2;
/// What the server says of its session if nobody stands in between who forgets the settings.
const KEPT: (&str, &str) = ("pancake.settings", "kept");
/// The modules by name.
pub type Units = BTreeMap<&'static str, Arc<ModuleRuntime>>;

/// What `DATABASE_URL_<MODULE>` would say, by module.
pub type ModuleDatabases = BTreeMap<&'static str, String>;

/// The open database.
pub struct Store {
    pub units: Units,
    /// Ours to stop at the end, where no DATABASE_URL was given.
    pub private: Option<PrivatePostgres>,
}

/// A place that modules live at, and the name of the setting that says so.
struct Place {
    what: String,
    options: PgConnectOptions,
}

/// Opens everything, or says what to do.
///
/// # Errors
/// If a server is away, too old or too small, or a database holds other data than the site has written down.
pub async fn open(config: &StoreConfig, registry: &Registry) -> Result<Store, StoreError> {
    let mut private = None;
    check_settings(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()), registry)?;
    let default = if let Some(url) = &config.database_url {
        place("DATABASE_URL", url)?
    } else {
        if config.stay == Lifetime::Brief && !home::has_cluster(&config.data) {
            return Err(StoreError::NoSite { data: config.data.clone() });
        }
        let server = Server { durable: true, max_connections: config.connections + 20 };
        let postgres = PrivatePostgres::start_for(config.stay, &config.data, server).await?;
        let options = own_database(&postgres).await?;
        private = Some(postgres);
        Place { what: "the private Postgres".to_owned(), options }
    };
    let own = |module: &str| std::env::var(own_setting(module)).ok();
    let opening = Opening { connections: config.connections, patience: OF_A_SITE, stay: config.stay };
    let units = opening.units(registry, &default, own).await?;
    Ok(Store { units, private })
}

/// All modules in one database, whatever the environment says: for tests, which empty it.
///
/// # Errors
/// If the server is away, too old or too small, or the migrations fail.
pub async fn open_at(
    options: PgConnectOptions,
    connections: u16,
    registry: &Registry,
) -> Result<Units, StoreError> {
    open_apart(options, &ModuleDatabases::new(), connections, registry).await
}

/// The same, with some modules on databases of their own.
///
/// # Errors
/// If a server is away, too old or too small, or the migrations fail.
pub async fn open_apart(
    options: PgConnectOptions,
    apart: &ModuleDatabases,
    connections: u16,
    registry: &Registry,
) -> Result<Units, StoreError> {
    let place = Place { what: "the test database".to_owned(), options };
    let opening = Opening { connections, patience: OF_A_TEST, stay: Lifetime::Long };
    opening.units(registry, &place, |module| apart.get(module).cloned()).await
}

/// How it is opened.
struct Opening {
    connections: u16,
    patience: Patience,
    /// Who stays founds what is missing. A command does not: the site is there, or it is elsewhere.
    stay: Lifetime,
}

impl Opening {
    /// The modules at their places: `default`, unless `own` gives a URL for a module.
    async fn units(
        &self,
        registry: &Registry,
        default: &Place,
        own: impl Fn(&str) -> Option<String>,
    ) -> Result<Units, StoreError> {
        let specs = registry.modules();
        let shares = Shares::of(u32::from(self.connections), specs)?;
        let mut units = BTreeMap::new();
        let mut open = |place: &Place, spec: &'static ModuleSpec, role: Option<&str>| {
            let (requests, background) = shares.of_module(spec);
            let [pool, behind] =
                [requests, background].map(|size| pool(place, spec, role, size, self.patience));
            units.insert(spec.name, Arc::new(ModuleRuntime::new(spec, registry, pool, behind)));
        };
        let mut main = connect(default).await?;
        let refused = |error| StoreError::from_connect(error, &default.what);
        check(&mut main, default, u32::from(self.connections)).await?;
        let mut places = Places::read(&mut main).await.map_err(refused)?;
        let mut together = Vec::new();
        for &spec in specs {
            let Some(url) = own(spec.name) else {
                together.push(spec);
                continue;
            };
            let (requests, background) = shares.of_module(spec);
            let place = place(&own_setting(spec.name), &url)?;
            let mut conn = connect(&place).await?;
            check(&mut conn, &place, requests + background).await?;
            for (spec, role) in self.found(&mut conn, &place.what, &mut places, &[spec]).await? {
                open(&place, spec, role.as_deref());
            }
            // Closing gives the advisory lock back; dropping would do so some time later.
            conn.close().await.map_err(|error| StoreError::from_connect(error, &place.what))?;
        }
        for (spec, role) in self.found(&mut main, &default.what, &mut places, &together).await? {
            open(default, spec, role.as_deref());
        }
        if self.stay == Lifetime::Long {
            places.write(&mut main).await.map_err(refused)?;
        }
        main.close().await.map_err(refused)?;
        Ok(units)
    }

    /// The modules that live in this database, `what`, each with its role, when their schemas are there.
    async fn found(
        &self,
        conn: &mut PgConnection,
        what: &str,
        places: &mut Places,
        specs: &[&'static ModuleSpec],
    ) -> Result<Vec<(&'static ModuleSpec, Option<String>)>, StoreError> {
        places.check(conn, what, specs).await?;
        let roles = schema::found(conn, what, specs, self.stay).await?;
        let refused = |error| StoreError::from_connect(error, what);
        places.note(conn, specs).await.map_err(refused)?;
        if self.stay == Lifetime::Long {
            restored::notice(conn, specs).await.map_err(refused)?;
        }
        Ok(specs.iter().copied().zip(roles).collect())
    }
}

/// How the connections are shared out. With few of them each pool has one, and everything still works, only slower.
struct Shares {
    requests: u32,
    background: u32,
}

impl Shares {
    fn of(connections: u32, specs: &[&ModuleSpec]) -> Result<Self, StoreError> {
        let count = |specs: usize| u32::try_from(specs).unwrap_or(u32::MAX);
        let all = count(specs.len());
        let idle = count(specs.iter().filter(|spec| is_idle(spec)).count());
        if connections < all * 2 {
            return Err(StoreError::BudgetTooSmall { connections, needed: all * 2 });
        }
        let share = (connections - idle * 2) / (all - idle).max(1);
        // Members wait for requests: they get no less than half.
        let background = BACKGROUND.min(share / 2);
        Ok(Self { requests: share - background, background })
    }

    /// For requests, and for what runs behind them.
    fn of_module(&self, spec: &ModuleSpec) -> (u32, u32) {
        if is_idle(spec) { (1, 1) } else { (self.requests, self.background) }
    }
}

/// A module without tables of its own asks next to nothing of the database.
fn is_idle(spec: &ModuleSpec) -> bool {
    spec.migrations.iter().next().is_none()
}

fn place(what: &str, url: &str) -> Result<Place, StoreError> {
    // The driver takes any scheme, and would look for mysql:// on the port of Postgres.
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        let reason = "it begins otherwise".to_owned();
        return Err(StoreError::BadUrl { what: what.to_owned(), reason });
    }
    if let Some(reason) = fault_of(url) {
        return Err(StoreError::BadUrl { what: what.to_owned(), reason: reason.to_owned() });
    }
    let options: PgConnectOptions = url.parse().map_err(|error| StoreError::from_connect(error, what))?;
    // Who asks for TLS wants to know with whom she speaks: unlike elsewhere, `require` looks at the certificate, too.
    let options = match options.get_ssl_mode() {
        PgSslMode::Require => options.ssl_mode(PgSslMode::VerifyFull),
        _ => options,
    };
    Ok(Place { what: what.to_owned(), options })
}

/// What the driver would understand in another way, or not at all, without a word.
fn fault_of(url: &str) -> Option<&'static str> {
    if url.contains("target_session_attrs=") {
        return Some("target_session_attrs is not looked at; name the server that takes writes");
    }
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, beyond) = rest.split_at(end);
    let beyond = beyond.split('?').next().unwrap_or_default();
    let is_cut = !authority.contains('@') && beyond.contains('@');
    (is_cut || authority.matches('@').count() > 1)
        .then_some("its user or password has / # or @ in it: write %2F %23 %40 instead")
}

async fn connect(place: &Place) -> Result<PgConnection, StoreError> {
    place
        .options
        .clone()
        .options(GONE)
        // That something is there already is no news.
        .options([("client_min_messages", "warning")])
        // A migration takes as long as it takes, whatever the role is given otherwise.
        .options([("statement_timeout", "0"), ("lock_timeout", "0"), KEPT])
        .connect()
        .await
        .map_err(|error| StoreError::from_connect(error, &place.what))
}

/// The site's database in the private Postgres.
async fn own_database(postgres: &PrivatePostgres) -> Result<PgConnectOptions, StoreError> {
    const NAME: &str = "pancake";
    /// Another process may create it at the same moment: "duplicate database", or the catalogue's own index.
    const RACED: [&str; 2] = ["42P04", "23505"];
    let what = "the private Postgres";
    let refused = |error| StoreError::from_connect(error, what);
    let mut conn = postgres.options().connect().await.map_err(refused)?;
    let known: Option<i32> = query_scalar("select 1 from pg_database where datname = $1")
        .bind(NAME)
        .fetch_optional(&mut conn)
        .await
        .map_err(refused)?;
    if known.is_none() {
        let created = conn.execute("create database pancake").await;
        if let Err(error) = created {
            let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
            if !code.is_some_and(|code| RACED.contains(&&*code)) {
                return Err(refused(error));
            }
        }
    }
    Ok(postgres.options().database(NAME))
}

/// Refuses a server that is too old or has too few connections for the pools, and a database that cannot keep what members
/// write, or that takes two letters of nicknames for one, or one for two.
async fn check(conn: &mut PgConnection, place: &Place, needed: u32) -> Result<(), StoreError> {
    let refused = |error| StoreError::from_connect(error, &place.what);
    let (version, available, encoding, kept): (i32, i32, String, bool) = sqlx::query_as(
        // Limits of the role and of the database hold for all but superusers; -1 is none.
        "select current_setting('server_version_num')::int,
                least(current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
                      case when not rolsuper then nullif(rolconnlimit, -1) end,
                      case when not rolsuper then nullif(datconnlimit, -1) end),
                current_setting('server_encoding'),
                coalesce(current_setting($1, true) = $2, false)
         from pg_roles, pg_database where rolname = session_user and datname = current_database()",
    )
    .bind(KEPT.0)
    .bind(KEPT.1)
    .fetch_one(&mut *conn)
    .await
    .map_err(refused)?;
    if !kept {
        return Err(StoreError::Pooler { what: place.what.clone() });
    }
    StoreError::check_version(version.unsigned_abs(), &place.what)?;
    if encoding != "UTF8" {
        return Err(StoreError::Encoding { what: place.what.clone(), found: encoding });
    }
    let folds: bool = query_scalar("select lower($1) = $2 and lower($2) = $2")
        .bind(LETTERS.to_uppercase())
        .bind(LETTERS)
        .fetch_one(conn)
        .await
        .map_err(refused)?;
    if !folds {
        return Err(StoreError::Locale { what: place.what.clone() });
    }
    StoreError::check_connections(needed, available.unsigned_abs(), &place.what)
}

fn pool(place: &Place, spec: &ModuleSpec, role: Option<&str>, size: u32, patience: Patience) -> sqlx::PgPool {
    let name = format!("pancake {}", spec.name);
    let mut options = place.options.clone().application_name(&name).options(GONE).options(PLANNED).options([
        ("idle_in_transaction_session_timeout", patience.idle_in_transaction_ms),
        ("statement_timeout", STATEMENT_MS),
    ]);
    if let Some(role) = role {
        options = options.options([("role", role)]);
    }
    let begun = ReadOnly::default();
    let used = begun.clone();
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(patience.acquire)
        .max_lifetime(SESSION_MAX)
        .test_before_acquire(false)
        .after_connect(move |conn, _| {
            let begun = begun.clone();
            Box::pin(async move { begun.began(conn).await })
        })
        .before_acquire(move |conn, meta| {
            let used = used.clone();
            Box::pin(async move { used.may_be_used(conn, meta.idle_for).await })
        })
        .connect_lazy_with(options.disable_statement_logging())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_cuts_the_address_is_named() {
        for url in [
            "postgres://u:p/w@h/db",
            "postgres://u:p#w@h/db",
            "postgres://u:p@w@h/db",
            "postgres://u:p/@w@h/db",
        ] {
            assert!(fault_of(url).is_some_and(|reason| reason.contains("%2F")), "{url}");
        }
        assert!(fault_of("postgres://h/db?target_session_attrs=read-write").is_some());
        for url in [
            "postgres://u:p%2Fw@h:5432/db",
            "postgres://h/db",
            "postgres:///db?host=/run/pg",
            "postgres://u@h/db?options=a@b",
            "postgres://u:p@localhost/db?host=/tmp/x",
        ] {
            assert_eq!(fault_of(url), None, "{url}");
        }
    }
}
