//! The measurement, phase by phase: members, a fresh server, a warm-up, all streams, messages, and what was read.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinSet;

use super::StreamsError;
use super::ledger::{Ledger, Message, Missing};
use super::listen::{self, Room};
use super::plan::{Kind, Plan};
use super::send::{self, Sent};
use super::verify;
use crate::cli::StreamsArgs;
use crate::dev::drive::client::Api;
use crate::dev::drive::members::{self, Member, Person};
use crate::dev::drive::process::{self, UNKNOWN};
use crate::dev::drive::report::{Latencies, Progress, Table, per_second, say};
use crate::dev::drive::server::Server;
use crate::dev::drive::{DriveError, Outcome};

/// Connections that are being opened at once.
const OPENING_MAX: usize = 64;
/// Clients that approve members at once.
const CLIENTS: usize = 16;
/// Streams, and messages, before anything is measured.
const WARM_STREAMS: usize = 200;
const WARM_MESSAGES: usize = 100;
/// After the last message; what has not been announced by then is missing.
const ARRIVE_MAX: Duration = Duration::from_secs(30);
/// Between looks at what has not been announced.
const LOOK: Duration = Duration::from_millis(10);
/// Memory is at rest when it differs by less than a two-hundredth from a second ago, or after so many looks.
const REST_LOOKS: usize = 20;
const REST_LOOK: Duration = Duration::from_secs(1);
const REST_PART: u64 = 200;

/// Everybody who listens. They stop with this value.
struct Audience {
    room: Arc<Room>,
    holding: JoinSet<Result<Infallible, StreamsError>>,
}

/// Who is measured with what.
struct Scene {
    api: Arc<Api>,
    members: Arc<Vec<Member>>,
    address: SocketAddr,
    server: Option<u32>,
}

/// KiB of the server, and of this program.
type Weight = (Option<u64>, Option<u64>);

/// What both held at rest.
#[derive(Default)]
struct Weights {
    before: Weight,
    streams: Weight,
    all: Weight,
}

/// What processors have done between two looks.
struct Work {
    server: Option<Duration>,
    own: Option<Duration>,
}

/// All phases.
pub(super) async fn measure(
    server: &mut Server,
    plan: Plan,
    asked: &StreamsArgs,
) -> Result<Outcome, StreamsError> {
    let load = process::load();
    let people: Vec<Person> = (1..).take(plan.members).map(Person).collect();
    let set: BTreeSet<Person> = people.iter().copied().collect();
    let mut made = members::make(server, &server.api(), &set, CLIENTS).await?;
    let mut table = Table::default();
    made.tell(&mut table);
    let members: Result<Vec<Member>, _> = people.iter().map(|person| made.take(*person)).collect();
    // What hashing passwords left behind would hide what streams take.
    say("starting the server anew");
    server.stop().await;
    server.start().await.map_err(DriveError::Server)?;
    let scene = Scene {
        api: Arc::new(server.api()),
        members: Arc::new(members?),
        address: server.address().map_err(DriveError::Server)?,
        server: server.pid(),
    };
    let warm = warm_up(&scene, plan, asked.rate).await?;
    let mut memory = Weights { before: weigh(&scene).await, ..Weights::default() };
    let mut audience = Audience::new(&scene, plan, warm.len());
    let mut opening = audience.open(Kind::Live).await?;
    memory.streams = weigh(&scene).await;
    opening += audience.open(Kind::Poll).await?;
    memory.all = weigh(&scene).await;
    let work = Work::so_far(scene.server);
    let messages = asked.rate as usize * asked.seconds as usize;
    let sent = audience.write(&scene, (messages, asked.rate)).await?;
    let work = work.since(scene.server);
    let missing = audience.wait().await?;
    let all = [&warm[..], &sent.messages].concat();
    let (read, wrong) = verify::threads(&scene.api, &scene.members, &all).await?;
    let mut faults = verify::unannounced(plan, &all, &missing);
    faults.extend(wrong);
    table.row("streams", plan.of_kind(Kind::Live));
    table.row("polls", plan.of_kind(Kind::Poll));
    table.row("  opened", per_second(plan.count, opening));
    table.row("  refused with 503 at first", audience.room.refused.load(Ordering::Relaxed));
    table.row("  came back after an end", audience.room.came_back.load(Ordering::Relaxed));
    memory.tell(&mut table, plan);
    tell_messages(&mut table, &audience.room, &sent, verify::not_arrived(&missing));
    table.row("  answered 503 and sent again", scene.api.tried_again());
    table.row("  not answered and sent again", scene.api.lost());
    table.row("  threads read", read);
    table.row("processor of the server", share(work.server, sent.took));
    table.row("  of this program", share(work.own, sent.took));
    table.row("memory of the server", process::told(scene.server.and_then(process::memory)));
    table.row("load of the machine", format!("{load} at first, {} at the end", process::load()));
    table.row("faults", faults.len());
    Ok(Outcome { table, faults })
}

fn tell_messages(table: &mut Table, room: &Room, sent: &Sent, not_arrived: usize) {
    table.row("messages", per_second(sent.messages.len(), sent.took));
    table.row("  put off, nobody was free", sent.put_off);
    table.row("  sent late by at most", format!("{} ms", sent.late.as_millis()));
    table.row("  answered", &sent.answers);
    table.row("  arrived everywhere", sent.messages.len() - not_arrived);
    let ledger = room.ledger();
    let of = |kind: Option<Kind>| {
        let arrivals = ledger.arrivals().iter().filter(|(of, _)| kind.is_none_or(|kind| kind == *of));
        arrivals.map(|(_, took)| *took).collect::<Latencies>()
    };
    table.row("  from sending to arrival", of(None));
    table.row("    on streams", of(Some(Kind::Live)));
    table.row("    on polls", of(Some(Kind::Poll)));
}

/// All kinds of work once, so that what is only made once is there. Gives the messages that it sent.
async fn warm_up(scene: &Scene, plan: Plan, rate: u32) -> Result<Vec<Message>, StreamsError> {
    say("warming up");
    let count = plan.count.min(WARM_STREAMS);
    let plan = Plan { members: plan.members.min(count), count };
    let mut audience = Audience::new(scene, plan, 0);
    audience.open(Kind::Live).await?;
    audience.open(Kind::Poll).await?;
    let sent = audience.write(scene, (WARM_MESSAGES, rate)).await?;
    audience.wait().await?;
    Ok(sent.messages)
}

impl Audience {
    /// Nothing is open yet. Messages count from `first`.
    fn new(scene: &Scene, plan: Plan, first: usize) -> Self {
        let tokens = scene.members.iter().map(|member| member.token.clone()).collect();
        let room = Arc::new(Room {
            plan,
            address: scene.address,
            tokens,
            ledger: Mutex::new(Ledger::new(plan, first)),
            came_back: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        });
        Self { room, holding: JoinSet::new() }
    }

    /// Opens all that are planned of a kind, some at once, and says how long it took.
    async fn open(&mut self, kind: Kind) -> Result<Duration, StreamsError> {
        let plan = self.room.plan;
        let begun = Instant::now();
        let progress =
            Progress::new(if kind == Kind::Live { "streams" } else { "polls" }, plan.of_kind(kind));
        let (opened, mut openings) = mpsc::unbounded_channel();
        let mut opening = 0;
        for connection in (0..plan.count).filter(|connection| plan.kind(*connection) == kind) {
            let (room, opened) = (self.room.clone(), opened.clone());
            self.holding.spawn(async move { listen::hold(&room, connection, opened).await });
            opening += 1;
            if opening >= OPENING_MAX {
                self.opened(&mut openings, &progress).await?;
                opening -= 1;
            }
        }
        for _ in 0..opening {
            self.opened(&mut openings, &progress).await?;
        }
        Ok(begun.elapsed())
    }

    /// Waits until one more is open.
    async fn opened(
        &mut self,
        openings: &mut UnboundedReceiver<()>,
        progress: &Progress,
    ) -> Result<(), StreamsError> {
        tokio::select! {
            _ = openings.recv() => progress.step(),
            fault = fault(&mut self.holding) => return Err(fault),
        }
        Ok(())
    }

    async fn write(&mut self, scene: &Scene, how: (usize, u32)) -> Result<Sent, StreamsError> {
        tokio::select! {
            sent = send::send_all(&scene.api, &scene.members, &self.room, how) => sent,
            fault = fault(&mut self.holding) => Err(fault),
        }
    }

    /// Waits for what is under way, and says what has not come.
    async fn wait(&mut self) -> Result<Vec<Missing>, StreamsError> {
        let deadline = Instant::now() + ARRIVE_MAX;
        while !self.room.ledger().is_quiet() && Instant::now() < deadline {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                fault = fault(&mut self.holding) => return Err(fault),
            }
        }
        Ok(self.room.ledger().missing())
    }
}

/// The first listener that cannot go on.
async fn fault(holding: &mut JoinSet<Result<Infallible, StreamsError>>) -> StreamsError {
    match holding.join_next().await {
        Some(Ok(Err(fault))) => fault,
        Some(Err(broken)) => DriveError::from(broken).into(),
        // Nobody listens, so nobody can fail.
        None => std::future::pending().await,
    }
}

impl Work {
    fn so_far(server: Option<u32>) -> Self {
        Self { server: server.and_then(process::worked), own: process::worked(std::process::id()) }
    }

    fn since(&self, server: Option<u32>) -> Self {
        let now = Self::so_far(server);
        let since = |now: Option<Duration>, then: Option<Duration>| now?.checked_sub(then?);
        Self { server: since(now.server, self.server), own: since(now.own, self.own) }
    }
}

async fn weigh(scene: &Scene) -> Weight {
    (at_rest(scene.server).await, at_rest(Some(std::process::id())).await)
}

impl Weights {
    fn tell(&self, table: &mut Table, plan: Plan) {
        let (streams, polls) = (plan.of_kind(Kind::Live), plan.of_kind(Kind::Poll));
        table.row("memory for each, on average", each(self.before.0, self.all.0, plan.count));
        table.row("  a stream", each(self.before.0, self.streams.0, streams));
        table.row("  a poll", each(self.streams.0, self.all.0, polls));
        table.row("  of this program", each(self.before.1, self.all.1, plan.count));
    }
}

/// KiB of a process, once they do not grow any more.
async fn at_rest(pid: Option<u32>) -> Option<u64> {
    let pid = pid?;
    let mut last = process::memory(pid)?.now;
    for _ in 0..REST_LOOKS {
        tokio::time::sleep(REST_LOOK).await;
        let now = process::memory(pid)?.now;
        if now.abs_diff(last) < now / REST_PART {
            return Some(now);
        }
        last = now;
    }
    Some(last)
}

/// `14.2 KiB (80 MiB before, 150 MiB with them)`
fn each(before: Option<u64>, with: Option<u64>, count: usize) -> String {
    let (Some(before), Some(with)) = (before, with) else { return UNKNOWN.to_owned() };
    #[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
    let each = with.saturating_sub(before) as f64 / count as f64;
    format!("{each:.1} KiB ({} MiB before, {} MiB with them)", before / 1024, with / 1024)
}

fn share(worked: Option<Duration>, took: Duration) -> String {
    let percent = |worked: Duration| worked.as_secs_f64() / took.as_secs_f64().max(1e-9) * 100.0;
    worked.map_or_else(|| UNKNOWN.to_owned(), |worked| format!("{:.0} % of a core", percent(worked)))
}
