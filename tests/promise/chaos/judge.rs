//! Compares the ledger with what members see and with what the tables hold.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::query_scalar;

use super::ledger::Ledger;
use super::load::Load;
use crate::client::{Call, Client};
use crate::kept::{kept, settled};
use crate::town::{Pair, Town};

/// Messages of one page.
const MESSAGES: usize = 100;

/// What was found.
#[derive(Default)]
pub(super) struct Judged {
    settled: Duration,
    /// Of what nobody had been told, how much had happened.
    happened: usize,
    lost: Vec<String>,
    doubled: Vec<String>,
    disordered: Vec<String>,
    stuck: Vec<String>,
}

/// Messages that one has from the other, as her thread shows them.
type Threads = BTreeMap<Pair, Vec<String>>;

pub(super) async fn judge(town: &Town, load: &Load, ledger: &Ledger) -> Judged {
    let client = Client::new();
    let mut conn = town.conn().await;
    let begun = Instant::now();
    settled(&mut conn).await;
    let mut judged = Judged { settled: begun.elapsed(), ..Judged::default() };
    let before: i64 = count(&mut conn).await;
    again(load, ledger, &client).await;
    // Of all modules' copies: no gaps, no repeats, in order, and alike.
    let flirts = kept(&mut conn).await;
    let after: i64 = count(&mut conn).await;
    let unknown = i64::try_from(ledger.unknown_flirts.len() + ledger.unknown_messages.len()).unwrap();
    judged.happened = usize::try_from(unknown - (after - before)).unwrap_or_default();
    let wanted = ledger.flirts.len() + ledger.unknown_flirts.len();
    judged.compare("flirts in the table", wanted, usize::try_from(flirts).unwrap());
    judged.flirts(load, ledger, &client).await;
    judged.messages(load, ledger, &client).await;
    judged.numbers(load, &client).await;
    judged
}

/// Flirts and messages, as they were decided.
async fn count(conn: &mut sqlx::PgConnection) -> i64 {
    query_scalar("select (select count(*) from flirt.flirt) + (select count(*) from chat.message)")
        .fetch_one(conn)
        .await
        .unwrap()
}

/// What had no answer is sent again: with the key of its own it counts once, whatever became of it.
async fn again(load: &Load, ledger: &Ledger, client: &Client) {
    let address = |number: usize| &load.addresses[number % load.addresses.len()];
    for (number, pair) in ledger.unknown_flirts.iter().enumerate() {
        let answer = client.answer(address(number), &load.flirt(*pair)).await;
        assert!([200, 201].contains(&answer.status), "{answer:?}");
    }
    for (number, message) in ledger.unknown_messages.iter().enumerate() {
        let answer = client.answer(address(number), &load.write(message)).await;
        assert!([200, 201].contains(&answer.status), "{answer:?}");
    }
}

impl Judged {
    /// Every flirt is one alert of the very id that was answered.
    async fn flirts(&mut self, load: &Load, ledger: &Ledger, client: &Client) {
        let place = |id| load.people.iter().position(|person| person.id == id).unwrap();
        let mut seen: BTreeMap<Pair, Vec<String>> = BTreeMap::new();
        for (number, her) in load.people.iter().enumerate() {
            let address = &load.addresses[number % load.addresses.len()];
            for (from, alert) in client.flirts_with(address, her).await {
                seen.entry((place(from), number)).or_default().push(alert);
            }
        }
        for (pair, flirt) in &ledger.flirts {
            let alerts = seen.remove(pair).unwrap_or_default();
            if !alerts.contains(flirt) {
                self.lost.push(format!("flirt {pair:?}"));
            }
            if alerts.len() > 1 {
                self.doubled.push(format!("flirt {pair:?}: {alerts:?}"));
            }
        }
        for pair in &ledger.unknown_flirts {
            let alerts = seen.remove(pair).unwrap_or_default();
            self.compare(&format!("alerts of the flirt {pair:?}, which was sent again"), 1, alerts.len());
        }
        for (pair, alerts) in seen {
            self.doubled.push(format!("a flirt that nobody was told of: {pair:?} {alerts:?}"));
        }
    }

    /// Every message is in its thread once, and those of one sender in the order in which she sent them.
    async fn messages(&mut self, load: &Load, ledger: &Ledger, client: &Client) {
        let mut threads = threads(load, ledger, client).await;
        for (pair, wanted) in &ledger.messages {
            let found = threads.entry(*pair).or_default();
            let answered: Vec<&String> = found.iter().filter(|text| wanted.contains(text)).collect();
            if answered.len() == wanted.len() && answered.iter().zip(wanted).any(|(one, other)| *one != other)
            {
                self.disordered.push(format!("{pair:?}: {answered:?} instead of {wanted:?}"));
            }
        }
        let unknown = ledger.unknown_messages.iter().map(|message| (message.pair, &message.text));
        let answered =
            ledger.messages.iter().flat_map(|(pair, texts)| texts.iter().map(|text| (*pair, text)));
        for (pair, text) in answered.chain(unknown) {
            let found = threads.entry(pair).or_default();
            let times = found.iter().filter(|one| *one == text).count();
            found.retain(|one| one != text);
            self.compare(&format!("the message {text} of {pair:?}"), 1, times);
        }
        for (pair, texts) in threads.into_iter().filter(|(_, texts)| !texts.is_empty()) {
            self.doubled.push(format!("messages that nobody sent: {pair:?} {texts:?}"));
        }
    }

    /// What the bar counts is what the modules themselves show.
    async fn numbers(&mut self, load: &Load, client: &Client) {
        for (number, her) in load.people.iter().enumerate() {
            let address = &load.addresses[number % load.addresses.len()];
            let bar = client.answer(address, &Call::get("/api/nav", her)).await.body;
            let inbox = client.answer(address, &Call::get("/api/chat?max=100", her)).await.body;
            let unread = inbox["items"].as_array().unwrap().iter().filter(|row| row["unread"] != 0).count();
            let alerts = client.flirts_with(address, her).await.len();
            if bar["conversations"] != unread || bar["alerts"] != alerts {
                self.stuck
                    .push(format!("{number}: {bar}, with {unread} unread conversations and {alerts} alerts"));
            }
        }
    }

    fn compare(&mut self, what: &str, wanted: usize, found: usize) {
        match found {
            _ if found < wanted => self.lost.push(format!("{what}: {found} of {wanted}")),
            _ if found > wanted => self.doubled.push(format!("{what}: {found} instead of {wanted}")),
            _ => {}
        }
    }

    pub(super) fn verdict(&self) {
        let all = [&self.lost, &self.doubled, &self.disordered, &self.stuck];
        let faults: Vec<&str> = all.into_iter().flatten().map(String::as_str).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { settled, happened, lost, doubled, disordered, stuck } = self;
        writeln!(
            f,
            "  settled {:.1} s after the last fault; of what had no answer {happened} had happened",
            settled.as_secs_f64()
        )?;
        let [lost, doubled, disordered, stuck] = [lost, doubled, disordered, stuck].map(Vec::len);
        write!(f, "  {lost} lost, {doubled} doubled, {disordered} out of order, {stuck} stuck")
    }
}

/// Each thread that was written in, as its receiver reads it, from the first message on.
async fn threads(load: &Load, ledger: &Ledger, client: &Client) -> Threads {
    let mut threads = Threads::new();
    let unknown = ledger.unknown_messages.iter().map(|message| &message.pair);
    for (from, to) in ledger.messages.keys().chain(unknown) {
        if threads.contains_key(&(*from, *to)) {
            continue;
        }
        let mut texts = Vec::new();
        let mut after = 0;
        loop {
            let (her, him) = (&load.people[*to], &load.people[*from]);
            let call = Call::get(format!("/api/chat/{}?max={MESSAGES}&after={after}", him.id), her);
            let page = client.answer(&load.addresses[to % load.addresses.len()], &call).await.body;
            let items = page["items"].as_array().unwrap();
            let theirs = items.iter().filter(|item| item["mine"] == false);
            texts.extend(theirs.map(|item| item["text"].as_str().unwrap().to_owned()));
            after = items.last().map_or(after, |item| item["number"].as_u64().unwrap());
            if page["hasMore"] != Value::Bool(true) {
                break;
            }
        }
        threads.insert((*from, *to), texts);
    }
    threads
}
