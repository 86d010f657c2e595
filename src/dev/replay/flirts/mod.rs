//! Replays flirts: those to one receiver one after the other, and compares the alerts with the file.

mod check;

use std::sync::Arc;

use super::lines::{Flirts, Line};
use super::send;
use crate::dev::drive::client::Call;
use crate::dev::drive::members;
use crate::dev::drive::report::{Table, per_second};
use crate::dev::drive::server::Server;
use crate::dev::drive::{DriveError, Outcome};

/// Makes the members, sends the flirts, and compares the alerts with the file.
pub(super) async fn replay(server: &Server, lines: &[Line], clients: usize) -> Result<Outcome, DriveError> {
    let flirts = Flirts::of(lines);
    let api = Arc::new(server.api());
    let members = Arc::new(members::make(server, &api, &flirts.people, clients).await?);
    let sent = send::send_all("flirting", &flirts.of, clients, |line| {
        let (api, members) = (api.clone(), members.clone());
        async move {
            let (from, to) = (members.of(line.sender)?, members.of(line.receiver)?);
            let answer = api.send(&Call::post(format!("/api/flirt/{}", to.id)).by(&from.token)).await?;
            Ok((answer.took, ()))
        }
    })
    .await?;
    let checked = check::compare_all(&api, &members, &flirts, (sent.last, sent.at)).await?;
    let mut table = Table::default();
    members.tell(&mut table);
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
    Ok(Outcome { table, faults: checked.differences.iter().map(ToString::to_string).collect() })
}
