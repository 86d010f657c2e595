//! A database with members in it, made before any server starts, and servers on it.

use std::path::PathBuf;

use chrono::TimeDelta;
use futures::{StreamExt, stream};
use pancake::dev::test_site::{TestSite, story_time};
use pancake::kernel::id::MemberId;
use pancake::modules::register::contract::{Role, RoleGranted};
use pancake::shared::people::DecidedBy;
use pancake::store::{PrivatePostgres, Server};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Executor, PgConnection};

use crate::dice::Dice;
use crate::join::join;
use crate::postgres::folder;
use crate::site::{Site, url};

/// Members made at the same time.
const AT_ONCE: usize = 8;
/// A test is one client that does what thousands do in weeks.
const LIMITS_FACTOR: &str = "100000";
/// Notes every alert that a listener tries to write, also one that is there already: before the conflict is seen.
const WITNESS: &str = "
    create table public.witness (number bigint generated always as identity, event uuid not null);
    create function public.see() returns trigger language plpgsql security definer as
    $$ begin insert into public.witness (event) values (new.alert); return new; end $$;
    create trigger witness before insert on alerts.alert for each row execute function public.see();";

/// One connection for requests and one behind, in each module: a lost one would be missed.
pub(crate) fn smallest() -> u16 {
    u16::try_from(2 * pancake::modules::registry().modules().len()).unwrap()
}

/// A member who is logged in.
pub(crate) struct Person {
    pub(crate) id: MemberId,
    pub(crate) token: String,
}

/// A database with approved members, and what starts servers on it.
pub(crate) struct Town {
    /// The first is a reviewer.
    pub(crate) people: Vec<Person>,
    options: PgConnectOptions,
    url: String,
    data: PathBuf,
}

/// Who with whom, by their places in [`Town::people`].
pub(crate) type Pair = (usize, usize);

impl Town {
    /// Makes the database and so many members.
    pub(crate) async fn open(postgres: &PrivatePostgres, name: &str, count: usize) -> Self {
        Self::open_in(folder(name), postgres, name, count).await
    }

    /// The same, with a data folder that others do not have.
    pub(crate) async fn open_in(data: PathBuf, postgres: &PrivatePostgres, name: &str, count: usize) -> Self {
        let stage = TestSite::open(postgres, name, 64).await.unwrap();
        let joining = (0..count).map(|number| {
            let nickname = format!("member{number:03}");
            let stage = &stage;
            async move { join(stage, &nickname, "approved").await }
        });
        let members: Vec<MemberId> = stream::iter(joining).buffered(AT_ONCE).collect().await;
        let granted = RoleGranted { member: members[0], role: Role::Reviewer, by: DecidedBy::OPERATOR };
        let _ = stage.give(Box::new(granted), story_time()).await.unwrap();
        // Logins end, and the servers go by the real time.
        stage.ctx.clock().set_ahead(TimeDelta::zero());
        let mut people = Vec::new();
        for id in members {
            people.push(Person { id, token: stage.login(id).await.unwrap() });
        }
        stage.settle().await.unwrap();
        stage.close().await;
        let options = postgres.options().database(name);
        let town = Self { people, url: url(&options, "pancake", "", name), options, data };
        town.conn().await.execute(WITNESS).await.unwrap();
        town
    }

    /// What `DATABASE_URL` says of it, as the superuser.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A connection of the test's own, as the superuser: modules' roles do not see each other's state.
    pub(crate) async fn conn(&self) -> PgConnection {
        self.options.connect().await.unwrap()
    }

    /// The same, where the server may be away.
    pub(crate) async fn try_conn(&self) -> Result<PgConnection, sqlx::Error> {
        self.options.connect().await
    }

    /// A server, once it serves. Several make several nodes.
    pub(crate) async fn site(&self, more: &[(&'static str, &str)]) -> Site {
        let (data, environment) = self.place(more);
        let start = move || Site::start(&data, &borrowed(&environment));
        tokio::task::spawn_blocking(start).await.unwrap()
    }

    /// A server that keeps a Postgres of its own in this data folder, once it serves. The town is there from now on.
    pub(crate) async fn moved_to(&mut self, data: PathBuf, more: &[(&'static str, &str)]) -> Site {
        self.data = data;
        let (data, mut environment) = self.place(more);
        environment.retain(|(name, _)| *name != "DATABASE_URL");
        let start = move || Site::start(&data, &borrowed(&environment));
        let site = tokio::task::spawn_blocking(start).await.unwrap();
        let server = Server { durable: true, max_connections: 0 };
        let found = PrivatePostgres::start(&self.data, server).await.unwrap();
        assert!(!found.owned(), "the site has it");
        self.options = found.options().database("pancake");
        site
    }

    /// A server that is only just starting.
    pub(crate) fn launch(&self) -> Site {
        let (data, environment) = self.place(&[]);
        Site::launch(&data, &borrowed(&environment))
    }

    fn place(&self, more: &[(&'static str, &str)]) -> (PathBuf, Vec<(&'static str, String)>) {
        let own = [("DATABASE_URL", self.url.clone()), ("LIMITS_FACTOR", LIMITS_FACTOR.to_owned())];
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
        (self.data.clone(), own.into_iter().chain(more).collect())
    }

    /// Every two members once, in an order and in directions that the dice give: who flirts along these never
    /// answers a flirt.
    pub(crate) fn pairs(&self, dice: &mut Dice) -> Vec<Pair> {
        let count = self.people.len();
        let mut pairs: Vec<Pair> =
            (0..count).flat_map(|one| (one + 1..count).map(move |other| (one, other))).collect();
        for place in (1..pairs.len()).rev() {
            pairs.swap(place, dice.roll(place + 1));
            if dice.roll(2) == 0 {
                let (one, other) = pairs[place];
                pairs[place] = (other, one);
            }
        }
        pairs
    }
}

fn borrowed<'a>(environment: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
}
