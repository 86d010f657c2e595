//! The members: each client flirts along pairs of its own, and writes in threads of its own, through any node.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::ledger::{Ledger, Message};
use tokio::time::timeout;

use crate::client::{Answer, Call, Client, Heard};
use crate::dice::Dice;
use crate::town::{Pair, Person};

/// Threads that one client writes in.
const THREADS: usize = 6;
/// After each call: members read, too.
const PACE: Duration = Duration::from_millis(20);
/// Who has waited so long for an answer goes away.
const PATIENCE: Duration = Duration::from_secs(10);
/// One call of so many is given up long before: what a client never hears of has mostly happened, and is sent again.
const HURRIED: usize = 16;
/// By then, in milliseconds.
const HURRY_MS: usize = 60;
/// After a node that does not take the connection, or has no answer.
const REST: Duration = Duration::from_millis(100);

/// What all clients share.
pub(super) struct Load {
    pub(super) people: Vec<Person>,
    /// Of the nodes, which keep theirs when they start again.
    pub(super) addresses: Vec<String>,
    /// Pairs of which one has blocked the other.
    pub(super) blocked: Vec<Pair>,
    /// Nobody flirts along these twice.
    pub(super) fresh: Vec<Pair>,
    pub(super) taken: AtomicUsize,
    pub(super) calls: AtomicUsize,
    pub(super) done: AtomicBool,
}

impl Load {
    /// Goes on until all is done.
    pub(super) async fn client(&self, number: usize, seed: u64) -> Ledger {
        let own = u64::try_from(number + 1).unwrap().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut dice = Dice::new(seed ^ own);
        let (client, mut ledger) = (Client::new(), Ledger::default());
        let threads = (0..THREADS).map(|thread| self.thread(number, thread));
        // Nobody gets through to who has blocked him.
        let open = |pair: &Pair| !self.blocked.contains(pair) && !self.blocked.contains(&(pair.1, pair.0));
        let threads: Vec<Pair> = threads.filter(open).collect();
        let mut sent = 0;
        while !self.done.load(Ordering::SeqCst) {
            match dice.roll(20) {
                0 => {
                    let her = dice.pick(&self.people);
                    let answer = self.ask(&client, &Call::flirt(her, her), &mut dice, &mut ledger).await;
                    ledger.refused(answer, "flirt.self");
                }
                1 => {
                    let call = self.flirt(*dice.pick(&self.blocked));
                    let answer = self.ask(&client, &call, &mut dice, &mut ledger).await;
                    ledger.refused(answer, "not-found");
                }
                2..8 => self.fresh(&client, &mut dice, &mut ledger).await,
                _ => {
                    sent += 1;
                    let (text, key) = (format!("{number}-{sent}"), format!("{seed}-{number}-{sent}"));
                    let message = Message { pair: *dice.pick(&threads), text, key };
                    self.message(&client, message, &mut dice, &mut ledger).await;
                }
            }
        }
        ledger
    }

    /// Threads of one client alone, so that it knows their order.
    fn thread(&self, client: usize, thread: usize) -> Pair {
        let from = (client * THREADS + thread) % self.people.len();
        (from, (from + 1 + client) % self.people.len())
    }

    pub(super) fn flirt(&self, (from, to): Pair) -> Call {
        Call::flirt(&self.people[from], &self.people[to])
    }

    pub(super) fn write(&self, message: &Message) -> Call {
        let (from, to) = message.pair;
        Call::message(&self.people[from], &self.people[to], &message.text, message.key.clone())
    }

    async fn fresh(&self, client: &Client, dice: &mut Dice, ledger: &mut Ledger) {
        let pair = self.fresh[self.taken.fetch_add(1, Ordering::SeqCst)];
        match self.ask(client, &self.flirt(pair), dice, ledger).await {
            Some(answer) => {
                assert_eq!(answer.status, 201, "{answer:?}");
                ledger.flirts.insert(pair, answer.flirt());
            }
            None => ledger.unknown_flirts.push(pair),
        }
    }

    async fn message(&self, client: &Client, message: Message, dice: &mut Dice, ledger: &mut Ledger) {
        match self.ask(client, &self.write(&message), dice, ledger).await {
            Some(answer) => {
                assert_eq!(answer.status, 201, "{answer:?}");
                ledger.messages.entry(message.pair).or_default().push(message.text);
            }
            None => ledger.unknown_messages.push(message),
        }
    }

    /// Asks one node, or another where nobody takes the connection. 503 says as little as no answer.
    async fn ask(
        &self,
        client: &Client,
        call: &Call,
        dice: &mut Dice,
        ledger: &mut Ledger,
    ) -> Option<Answer> {
        loop {
            self.calls.fetch_add(1, Ordering::SeqCst);
            let asked = client.ask(dice.pick::<String>(&self.addresses), call);
            let patience = match dice.roll(HURRIED) {
                0 => Duration::from_millis(u64::try_from(dice.roll(HURRY_MS)).unwrap()),
                _ => PATIENCE,
            };
            match timeout(patience, asked).await.unwrap_or(Heard::Nothing) {
                Heard::Answer(answer) if !answer.is_later() => {
                    tokio::time::sleep(PACE).await;
                    return Some(answer);
                }
                Heard::Answer(_) | Heard::Nothing => {
                    tokio::time::sleep(REST).await;
                    return None;
                }
                Heard::Unsent => {
                    ledger.unsent += 1;
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }
}
