//! Makes members the way members are made: each registers, a reviewer approves her, she logs in.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::json;

use super::DriveError;
use super::client::{Api, Call};
use super::report::{Progress, Table, per_second};
use super::server::Server;

const REVIEWER: &str = "drive-reviewer";
const PASSWORD: &str = "as long as a password";
/// Passwords are hashed on every core of the server; twice as many clients keep all of them busy.
const CLIENTS_PER_CORE: usize = 2;
/// How long applications may take to the reviewers.
const REVIEW_MAX: Duration = Duration::from_secs(30);
/// Between looks at a queue that was empty.
const LOOK: Duration = Duration::from_millis(50);

/// Somebody, by her number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Person(pub(crate) u32);

impl Person {
    /// What she is called on the site.
    pub(crate) fn nickname(self) -> String {
        format!("m{}", self.0)
    }

    /// True for about every other one.
    fn is_even(self) -> bool {
        self.0.is_multiple_of(2)
    }
}

/// A member who is logged in.
#[derive(Debug)]
pub(crate) struct Member {
    /// Her id, as addresses hold it.
    pub(crate) id: String,
    pub(crate) token: String,
}

/// Everybody, and how long making them took.
pub(crate) struct Members {
    by_person: HashMap<Person, Member>,
    registering: Duration,
    approving: Duration,
    entering: Duration,
}

impl Members {
    /// Hands a member over.
    pub(crate) fn take(&mut self, person: Person) -> Result<Member, DriveError> {
        self.by_person.remove(&person).ok_or_else(|| DriveError::NoMember(person.nickname()))
    }

    /// What making them took.
    pub(crate) fn tell(&self, table: &mut Table) {
        let count = self.by_person.len();
        table.row("members", count);
        table.row("  registered", per_second(count, self.registering));
        table.row("  approved", per_second(count, self.approving));
        table.row("  logged in", per_second(count, self.entering));
    }

    pub(crate) fn of(&self, person: Person) -> Result<&Member, DriveError> {
        self.by_person.get(&person).ok_or_else(|| DriveError::NoMember(person.nickname()))
    }
}

#[derive(Deserialize)]
struct Session {
    token: String,
    member: String,
}

#[derive(Deserialize)]
struct Queue {
    items: Vec<Application>,
}

#[derive(Deserialize)]
struct Application {
    item: String,
}

/// Makes members of all of them.
pub(crate) async fn make(
    server: &Server,
    api: &Api,
    people: &BTreeSet<Person>,
    clients: usize,
) -> Result<Members, DriveError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let hashing = cores * CLIENTS_PER_CORE;
    let reviewer = reviewer(server, api).await?;
    let begun = Instant::now();
    register_all(api, people, hashing).await?;
    let registered = Instant::now();
    approve_all(api, &reviewer, people.len(), clients).await?;
    let approved = Instant::now();
    let by_person = enter_all(api, people, hashing).await?;
    Ok(Members {
        by_person,
        registering: registered - begun,
        approving: approved - registered,
        entering: approved.elapsed(),
    })
}

/// The first reviewer is made by the operator; whoever holds a role is approved with it.
async fn reviewer(server: &Server, api: &Api) -> Result<String, DriveError> {
    register(api, REVIEWER, false).await?;
    server.command_line(&["admin", "grant", REVIEWER, "reviewer"]).await?;
    Ok(enter(api, REVIEWER).await?.token)
}

async fn register_all(api: &Api, people: &BTreeSet<Person>, clients: usize) -> Result<(), DriveError> {
    let progress = Progress::new("registering", people.len());
    let calls = people.iter().map(|person| async {
        register(api, &person.nickname(), person.is_even()).await?;
        progress.step();
        Ok::<(), DriveError>(())
    });
    stream::iter(calls).buffer_unordered(clients).try_collect().await
}

async fn register(api: &Api, nickname: &str, woman: bool) -> Result<(), DriveError> {
    let (gender, ideal) = if woman { ("woman", "man") } else { ("man", "woman") };
    let application = json!({
        "nickname": nickname,
        "email": format!("{nickname}@example.org"),
        "password": PASSWORD,
        "birthday": "1990-05-17",
        "gender": gender,
        "ideal": { "gender": ideal, "from": 25, "to": 45 },
        "place": "falun",
    });
    api.send(&Call::post("/api/register").with(application)).await?;
    Ok(())
}

/// Empties the queue page by page, until as many are approved as applied.
async fn approve_all(api: &Api, reviewer: &str, all: usize, clients: usize) -> Result<(), DriveError> {
    let progress = &Progress::new("approving", all);
    let mut approved = BTreeSet::new();
    let mut moved = Instant::now();
    while approved.len() < all {
        let queue: Queue = api.send(&Call::get("/api/review?max=100").by(reviewer)).await?.json()?;
        let items: Vec<String> = queue.items.into_iter().map(|application| application.item).collect();
        if items.is_empty() {
            if moved.elapsed() > REVIEW_MAX {
                let missing = all - approved.len();
                return Err(DriveError::Unreviewed { missing, all, seconds: REVIEW_MAX.as_secs() });
            }
            tokio::time::sleep(LOOK).await;
            continue;
        }
        let calls = items.iter().map(|item| async move {
            // A member is whole when every module knows her.
            api.send(&Call::post(format!("/api/review/{item}/approve")).by(reviewer).waiting()).await?;
            progress.step();
            Ok::<(), DriveError>(())
        });
        stream::iter(calls).buffer_unordered(clients).try_collect::<()>().await?;
        approved.extend(items);
        moved = Instant::now();
    }
    Ok(())
}

async fn enter_all(
    api: &Api,
    people: &BTreeSet<Person>,
    clients: usize,
) -> Result<HashMap<Person, Member>, DriveError> {
    let progress = Progress::new("logging in", people.len());
    let calls = people.iter().map(|person| async {
        let member = enter(api, &person.nickname()).await?;
        progress.step();
        Ok::<_, DriveError>((*person, member))
    });
    stream::iter(calls).buffer_unordered(clients).try_collect().await
}

async fn enter(api: &Api, nickname: &str) -> Result<Member, DriveError> {
    let call = Call::post("/api/session").with(json!({ "nickname": nickname, "password": PASSWORD }));
    let Session { token, member } = api.send(&call).await?.json()?;
    Ok(Member { id: member, token })
}
