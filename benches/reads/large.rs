//! A large site, put into outboxes event by event as an importer would do it, and some members of it who read: with
//! alerts, threads and blocks.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use pancake::dev::test_site::{TestSite, story_time};
use pancake::kernel::event::AnyEvent;
use pancake::kernel::id::{MemberId, TypedId};
use pancake::modules::block::contract::MemberBlocked;
use pancake::modules::chat::contract::MessageSent;
use pancake::modules::flirt::contract::FlirtSent;
use pancake::modules::news::contract::NewsRead;
use pancake::modules::register::contract::MemberRegistered;
use pancake::modules::review::contract::RegistrationApproved;
use pancake::shared::people::{DecidedBy, Gender, Ideal};
use pancake::store::PrivatePostgres;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, FromRow, PgConnection, query, query_as, query_scalar};
use uuid::Uuid;

use crate::Asked;
use crate::Fault;
use crate::drop_database;
use crate::population;

/// Everybody's who reads.
pub(crate) const PASSWORD: &str = "a long enough one";
/// Members who read.
const READERS: usize = 16;
/// So that they are not all of one month.
const READERS_APART: usize = 97;
/// Of each: others who flirt with her, threads with messages, and whom she has blocked.
const FLIRTS: usize = 40;
const THREADS: usize = 8;
const MESSAGES: i64 = 6;
const BLOCKS: usize = 20;
/// Profiles that she visits.
const VISITS: usize = 20;
/// Events of a transaction.
const AT_ONCE: usize = 1000;
const CONNECTIONS: u16 = 64;
/// A database that is not whole has another name.
const MAKING: &str = "reads_making";
/// Where the readers are told to the next run.
const READER: &str = "create table public.reader (
    number integer primary key, nickname text not null, county text not null, looks_for text not null,
    from_age integer not null, to_age integer not null, others text[] not null)";

type Given = (Box<dyn AnyEvent>, DateTime<Utc>);

/// A member who reads.
#[derive(Debug, FromRow)]
pub(crate) struct Reader {
    pub(crate) nickname: String,
    pub(crate) county: String,
    pub(crate) looks_for: String,
    pub(crate) from_age: i32,
    pub(crate) to_age: i32,
    /// Nicknames of those whom she visits.
    pub(crate) others: Vec<String>,
}

/// Somebody of the large town.
#[derive(Debug, Clone, FromRow)]
struct Person {
    member: Uuid,
    nickname: String,
    gender: String,
    birthday: NaiveDate,
    town: String,
    county: String,
    ideal_gender: String,
    ideal_from: i32,
    ideal_to: i32,
    approved: DateTime<Utc>,
}

/// The name of the database that holds so many members. Makes it where it is not there.
pub(crate) async fn kept(postgres: &PrivatePostgres, asked: &Asked) -> Result<String, Fault> {
    let name = format!("reads_{}", asked.members);
    let mut conn = postgres.options().connect().await?;
    if asked.fresh {
        drop_database(postgres, &name).await?;
    }
    let there: bool = query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut conn)
        .await?;
    if !there {
        eprintln!("loading {} members, which takes some minutes …", asked.members);
        make(postgres, asked.members).await?;
        conn.execute(AssertSqlSafe(format!("alter database {MAKING} rename to {name}"))).await?;
    }
    Ok(name)
}

/// The members who read. The loader wrote them down when it made the database.
pub(crate) async fn readers(conn: &mut PgConnection) -> Result<Vec<Reader>, Fault> {
    Ok(query_as("select * from public.reader order by number").fetch_all(conn).await?)
}

async fn make(postgres: &PrivatePostgres, members: u32) -> Result<(), Fault> {
    let stage = TestSite::open(postgres, MAKING, CONNECTIONS).await?;
    let mut conn = postgres.options().database(MAKING).connect().await?;
    stage.ctx.clock().set_ahead(TimeDelta::zero());
    let now = stage.ctx.now();
    let mut people = people(&mut conn, i64::from(members), now).await?;
    let readers = choose_readers(&mut people, now);
    publish(&stage, people.iter().map(registered)).await?;
    publish(&stage, people.iter().map(approved)).await?;
    conn.execute(READER).await?;
    for (number, reader) in readers.iter().enumerate() {
        let others = others(&people, &people[*reader], number);
        live(&stage, &people[*reader], &others, number).await?;
        write_down(&mut conn, &people[*reader], &others, number).await?;
    }
    stage.settle().await?;
    stage.close().await;
    conn.execute("vacuum analyze").await?;
    Ok(())
}

/// Everybody, by when they were approved: until now, and not until the day of stories.
async fn people(conn: &mut PgConnection, members: i64, now: DateTime<Utc>) -> Result<Vec<Person>, Fault> {
    population::person(conn, members).await;
    let all = "select member, nickname, gender, birthday, town, county, ideal_gender, ideal_from, ideal_to,
                      approved + $1 as approved
               from person order by approved";
    Ok(query_as(all).bind(now - story_time()).fetch_all(conn).await?)
}

/// Publishes events of one module, and waits until they have arrived everywhere.
async fn publish(stage: &TestSite, events: impl Iterator<Item = Given>) -> Result<(), Fault> {
    let mut events = events.peekable();
    while events.peek().is_some() {
        let some: Vec<Given> = events.by_ref().take(AT_ONCE).collect();
        stage.publish_all(some).await?;
    }
    stage.settle().await?;
    Ok(())
}

fn given(event: impl pancake::kernel::event::Event, at: DateTime<Utc>) -> Given {
    (Box::new(event), at)
}

fn registered(person: &Person) -> Given {
    let registered = MemberRegistered {
        member: person.id(),
        nickname: person.nickname.clone(),
        gender: gender(&person.gender),
        birthday: person.birthday,
        ideal: person.ideal(),
        place: person.town.clone(),
        application: 1,
    };
    given(registered, person.approved - TimeDelta::days(1))
}

fn approved(person: &Person) -> Given {
    let approved = RegistrationApproved {
        member: person.id(),
        nickname: person.nickname.clone(),
        gender: gender(&person.gender),
        birthday: person.birthday,
        ideal: person.ideal(),
        place: person.town.clone(),
        by: DecidedBy::OPERATOR,
    };
    given(approved, person.approved)
}

/// Members of 25 to 40. They look for the other gender, ten years of it around their own age.
fn choose_readers(people: &mut [Person], now: DateTime<Utc>) -> Vec<usize> {
    let today = now.date_naive();
    let fits = |person: &Person| (25..=40).contains(&person.age(today));
    let all = people.iter().enumerate().filter(|(_, person)| fits(person)).map(|(at, _)| at);
    let readers: Vec<usize> = all.step_by(READERS_APART).take(READERS).collect();
    for reader in &readers {
        let person = &mut people[*reader];
        let age = person.age(today);
        let other = if person.gender == "woman" { "man" } else { "woman" };
        other.clone_into(&mut person.ideal_gender);
        (person.ideal_from, person.ideal_to) = (age - 5, age + 4);
    }
    readers
}

/// Others of the gender that she looks for, another part of them for each reader.
fn others<'p>(people: &'p [Person], reader: &Person, number: usize) -> Vec<&'p Person> {
    let fit = people.iter().filter(|person| person.gender == reader.ideal_gender);
    fit.skip(number * (FLIRTS + BLOCKS)).take(FLIRTS + BLOCKS).collect()
}

/// What others did for her, and she did, within the last days.
async fn live(stage: &TestSite, reader: &Person, others: &[&Person], number: usize) -> Result<(), Fault> {
    let now = stage.ctx.now();
    let ago = |minutes: usize| now - TimeDelta::minutes(i64::try_from(minutes).unwrap_or_default());
    let (near, blocked) = others.split_at(FLIRTS);
    let flirts = near
        .iter()
        .enumerate()
        .map(|(at, other)| given(FlirtSent { from: other.id(), to: reader.id() }, ago(1000 - 20 * at)));
    publish(stage, flirts).await?;
    let messages = near.iter().take(THREADS).enumerate().flat_map(|(at, other)| {
        (1..=MESSAGES).map(move |number| {
            let (from, to) = if number % 2 == 0 { (reader, *other) } else { (*other, reader) };
            let text = format!("It is nice to hear from you, and this is number {number}.");
            given(MessageSent { from: from.id(), to: to.id(), number, text }, ago(900 - 20 * at))
        })
    });
    publish(stage, messages).await?;
    let blocks = blocked
        .iter()
        .map(|other| given(MemberBlocked { member: reader.id(), blocked: other.id() }, ago(10)));
    publish(stage, blocks).await?;
    if number.is_multiple_of(2) {
        // Every other one has read her news of all days but the last three.
        let read = NewsRead { member: reader.id(), up_to: stage.ctx.new_id(), at: now - TimeDelta::days(3) };
        publish(stage, [given(read, ago(5))].into_iter()).await?;
    }
    stage.enrol(reader.id(), &format!("{}@example.org", reader.nickname), PASSWORD).await?;
    Ok(())
}

async fn write_down(
    conn: &mut PgConnection,
    reader: &Person,
    others: &[&Person],
    number: usize,
) -> Result<(), Fault> {
    let visited: Vec<&str> = others.iter().take(VISITS).map(|other| other.nickname.as_str()).collect();
    query("insert into public.reader values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(i32::try_from(number)?)
        .bind(&reader.nickname)
        .bind(&reader.county)
        .bind(&reader.ideal_gender)
        .bind(reader.ideal_from)
        .bind(reader.ideal_to)
        .bind(visited)
        .execute(conn)
        .await?;
    Ok(())
}

impl Person {
    fn id(&self) -> MemberId {
        MemberId::of(self.member)
    }

    fn age(&self, today: NaiveDate) -> i32 {
        today.years_since(self.birthday).and_then(|years| i32::try_from(years).ok()).unwrap_or_default()
    }

    fn ideal(&self) -> Ideal {
        Ideal { gender: gender(&self.ideal_gender), from: self.ideal_from, to: self.ideal_to, place: None }
    }
}

fn gender(code: &str) -> Gender {
    if code == "woman" { Gender::Woman } else { Gender::Man }
}
