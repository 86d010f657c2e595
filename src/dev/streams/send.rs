//! Sends messages at a fixed rate, whatever becomes of the earlier ones: members do not wait for each other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::StreamsError;
use super::ledger::Message;
use super::listen::Room;
use crate::dev::drive::DriveError;
use crate::dev::drive::client::{Api, Call};
use crate::dev::drive::members::Member;
use crate::dev::drive::report::{Latencies, Progress};

/// Messages that are not answered yet; a server with more of them is not measured but overrun.
const UNANSWERED_MAX: usize = 2000;

/// How sending went.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) messages: Vec<Message>,
    /// From sending to the answer.
    pub(super) answers: Latencies,
    /// Times at which nobody could be found who had nothing under way.
    pub(super) put_off: usize,
    /// The most that a message was late, which is this program's fault and is not in its latency.
    pub(super) late: Duration,
    pub(super) took: Duration,
}

/// The text of a message.
pub(super) fn text(number: usize) -> String {
    format!("Message {number}: hej!")
}

/// Sends `count` messages, `rate` a second, between members who have nothing under way.
pub(super) async fn send_all(
    api: &Arc<Api>,
    members: &Arc<Vec<Member>>,
    room: &Room,
    (count, rate): (usize, u32),
) -> Result<Sent, StreamsError> {
    let progress = Progress::new("writing", count);
    let mut sent = Sent::default();
    let mut posts = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    // What is late is made up for, or the rate would be another.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let begun = Instant::now();
    for _ in 0..count {
        let due = ticks.tick().await;
        sent.late = sent.late.max(due.elapsed());
        while let Some(done) = posts.try_join_next() {
            sent.answers.add(done.map_err(DriveError::from)??);
        }
        if posts.len() >= UNANSWERED_MAX {
            return Err(StreamsError::Overrun { unanswered: posts.len() });
        }
        progress.step();
        let Some(message) = room.ledger().begin(Instant::now()) else {
            sent.put_off += 1;
            continue;
        };
        posts.spawn(post(api.clone(), members.clone(), message));
        sent.messages.push(message);
    }
    sent.took = begun.elapsed();
    while let Some(done) = posts.join_next().await {
        sent.answers.add(done.map_err(DriveError::from)??);
    }
    Ok(sent)
}

async fn post(api: Arc<Api>, members: Arc<Vec<Member>>, message: Message) -> Result<Duration, DriveError> {
    let call = Call::post(format!("/api/chat/{}", members[message.to].id)).by(&members[message.from].token);
    let call = call.with(json!({ "text": text(message.number) }));
    Ok(api.send(&call.once(format!("message-{}", message.number))).await?.took)
}
