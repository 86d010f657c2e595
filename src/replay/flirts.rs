//! Replays flirts: those to one receiver one after the other, everything else as fast as the site takes it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::client::{Api, Call};
use super::lines::{Flirts, Line, Person};
use super::members::{self, Members};
use super::report::{Latencies, Progress, Table, per_second};
use super::server::Server;
use super::{Outcome, ReplayError, check};

/// Makes the members, sends the flirts, and compares the alerts with the file.
pub(super) async fn replay(server: &Server, lines: &[Line], clients: usize) -> Result<Outcome, ReplayError> {
    let flirts = Flirts::of(lines);
    let api = Arc::new(server.api());
    let members = Arc::new(members::make(server, &api, &flirts.people, clients).await?);
    let sent = send_all(&api, &members, &flirts, clients).await?;
    let checked = check::compare_all(&api, &members, &flirts, &sent).await?;
    let count = flirts.people.len();
    let mut table = Table::default();
    table.row("members", count);
    table.row("  registered", per_second(count, members.registering));
    table.row("  approved", per_second(count, members.approving));
    table.row("  logged in", per_second(count, members.entering));
    table.row("lines", lines.len());
    table.row("  repeats of a pair, not sent", flirts.repeats);
    table.row("  to herself, not sent", flirts.selves);
    table.row("flirts", format!("{} to {} receivers", flirts.count(), flirts.of.len()));
    table.row("  sent", per_second(flirts.count(), sent.took));
    table.row("  latency", sent.latencies);
    table.row("  answered 503 and sent again", api.tried_again());
    table.row("last alert visible", format!("{} ms after the last flirt", checked.waited.as_millis()));
    table.row("alerts compared", format!("{} in {:.1} s", checked.alerts, checked.took.as_secs_f64()));
    table.row("differences", checked.differences.len());
    Ok(Outcome { table, differences: checked.differences })
}

/// How sending went.
pub(super) struct Sent {
    took: Duration,
    latencies: Latencies,
    /// When the last answer came.
    pub(super) at: Instant,
    /// Who got the flirt that was answered last.
    pub(super) last: Option<Person>,
}

/// What waits to be sent: the receivers by their next line, so that the order of the file is kept about.
struct Waiting {
    next: BinaryHeap<Reverse<(usize, Person)>>,
    of: HashMap<Person, VecDeque<Line>>,
}

impl Waiting {
    fn new(flirts: &Flirts) -> Self {
        let of = flirts.of.iter().map(|(to, lines)| (*to, lines.iter().copied().collect())).collect();
        let mut waiting = Self { next: BinaryHeap::new(), of };
        flirts.of.keys().for_each(|receiver| waiting.free(*receiver));
        waiting
    }

    /// The earliest line whose receiver gets nothing at the moment.
    fn take(&mut self) -> Option<Line> {
        let Reverse((_, receiver)) = self.next.pop()?;
        self.of.get_mut(&receiver)?.pop_front()
    }

    /// Her last flirt has arrived: the next may be sent.
    fn free(&mut self, receiver: Person) {
        if let Some(line) = self.of.get(&receiver).and_then(VecDeque::front) {
            self.next.push(Reverse((line.number, receiver)));
        }
    }
}

async fn send_all(
    api: &Arc<Api>,
    members: &Arc<Members>,
    flirts: &Flirts,
    clients: usize,
) -> Result<Sent, ReplayError> {
    let progress = Progress::new("flirting", flirts.count());
    let mut waiting = Waiting::new(flirts);
    let mut under_way = JoinSet::new();
    let mut latencies = Latencies::default();
    let mut last = None;
    let begun = Instant::now();
    loop {
        while under_way.len() < clients
            && let Some(line) = waiting.take()
        {
            under_way.spawn(send(api.clone(), members.clone(), line));
        }
        let Some(done) = under_way.join_next().await else { break };
        let (receiver, took) = done??;
        progress.step();
        latencies.add(took);
        waiting.free(receiver);
        last = Some(receiver);
    }
    let at = Instant::now();
    Ok(Sent { took: at - begun, latencies, at, last })
}

async fn send(api: Arc<Api>, members: Arc<Members>, line: Line) -> Result<(Person, Duration), ReplayError> {
    let (from, to) = (members.of(line.sender)?, members.of(line.receiver)?);
    let answer = api.send(&Call::post(format!("/api/flirt/{}", to.id)).by(&from.token)).await?;
    Ok((line.receiver, answer.took))
}
