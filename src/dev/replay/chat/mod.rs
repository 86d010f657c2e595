//! Replays messages: those of one to another one after the other, and compares every thread and inbox with the
//! file.

mod check;
mod compare;
mod talk;
mod texts;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use self::talk::Talk;
use super::lines::Line;
use super::send::{self, Sent};
use crate::dev::drive::client::{Api, Call};
use crate::dev::drive::members::{self, Members, Person};
use crate::dev::drive::report::{Table, per_second};
use crate::dev::drive::server::Server;
use crate::dev::drive::{DriveError, Outcome, process};

/// Who writes to whom.
type Pair = (Person, Person);

/// What the site said of a message that it took.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Taken {
    number: u64,
    mine: bool,
    text: String,
    at: DateTime<Utc>,
}

/// What the site said of every line that was sent.
type Answers = BTreeMap<usize, Taken>;

/// Makes the members, sends the messages, and compares all that can be read with the file.
pub(super) async fn replay(server: &Server, lines: &[Line], clients: usize) -> Result<Outcome, DriveError> {
    let talk = Talk::of(lines);
    let api = Arc::new(server.api());
    let members = Arc::new(members::make(server, &api, &talk.people, clients).await?);
    let Sent { took, latencies, answers, .. } = send_all(&api, &members, &talk, clients).await?;
    let memory = server.pid().and_then(process::memory);
    let answers = answers.into_iter().collect();
    let checked = check::compare_all(&api, &members, &talk, &answers).await?;
    let mut table = Table::default();
    members.tell(&mut table);
    table.row("lines", lines.len());
    table.row("  to herself, not sent", talk.selves);
    table.row("messages", format!("{} in {} conversations", talk.count(), talk.threads.len()));
    table.row("  sent", per_second(talk.count(), took));
    table.row("  latency", latencies);
    table.row("  answered 503 and sent again", api.tried_again());
    table.row("  not answered and sent again", api.lost());
    table.row("threads read from both sides", per_second(talk.threads.len(), checked.threads_took));
    table.row("  messages compared", checked.messages);
    table.row("  also read forwards", checked.forwards);
    table.row("inboxes read", per_second(talk.people.len(), checked.inboxes_took));
    table.row("memory of the server", process::told(memory));
    table.row("  after all was read", process::told(server.pid().and_then(process::memory)));
    table.row("differences", checked.differences.len());
    Ok(Outcome { table, faults: checked.differences })
}

async fn send_all(
    api: &Arc<Api>,
    members: &Arc<Members>,
    talk: &Talk,
    clients: usize,
) -> Result<Sent<Pair, (usize, Taken)>, DriveError> {
    send::send_all("writing", &talk.queues, clients, |line| {
        let (api, members) = (api.clone(), members.clone());
        async move {
            let (from, to) = (members.of(line.sender)?, members.of(line.receiver)?);
            let message = json!({ "text": texts::text(line.number) });
            let call = Call::post(format!("/api/chat/{}", to.id)).by(&from.token).with(message);
            let answer = api.send(&call.once(format!("line-{}", line.number))).await?;
            Ok((answer.took, (line.number, answer.json()?)))
        }
    })
    .await
}
