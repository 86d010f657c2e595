//! A backlog: how fast the relay sequences it, and how fast a consumer that starts at 0 reads it from the journal.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pancake::bus::memory::MemoryBus;
use pancake::bus::{self, journal, relay};
use pancake::kernel::event::Event;
use pancake::kernel::id::TypedId;
use pancake::store::PrivatePostgres;
use sqlx::{Executor, PgConnection, query};

use crate::Asked;
use crate::Fault;
use crate::figures::Round;
use crate::modules::{NoteLeft, SOURCE, TIME};
use crate::site::Site;

/// Rows of one insert while the backlog is made.
const CHUNK: i64 = 10_000;

/// What was measured.
pub(crate) struct Backlog {
    /// From the outbox to the journal.
    pub(crate) relay: Round,
    /// The consumer, a round a drain.
    pub(crate) drains: Vec<Round>,
    /// The same rows by `insert … select`.
    pub(crate) copies: Vec<Round>,
}

/// Measures.
pub(crate) async fn measure(postgres: &PrivatePostgres, asked: &Asked) -> Result<Backlog, Fault> {
    let site = Site::open(postgres, "backlog", Arc::new(MemoryBus::default())).await?;
    let mut conn = site.connect().await?;
    let end = i64::from(asked.events);
    fill_outbox(&mut conn, end).await?;
    let relay = sequence(&site, asked.events).await?;
    let reference = "create schema reference; create table reference.note (like sink.note including all)";
    conn.execute(reference).await?;
    let (mut drains, mut copies) = (Vec::new(), Vec::new());
    for number in 0..asked.drains {
        copies.push(copy(&mut conn, asked.events).await?);
        conn.execute("truncate sink.note; delete from sink.offsets; checkpoint").await?;
        let begun = Instant::now();
        if number == 0 {
            bus::start(&site.ctx).await?;
        } else {
            site.sink.handled(SOURCE, 0);
            site.sink.progress.poll.notify_one();
        }
        site.handled(end).await?;
        drains.push(round(asked.events, begun.elapsed()));
        site.check(end).await?;
    }
    site.close().await;
    Ok(Backlog { relay, drains, copies })
}

fn round(events: u32, elapsed: Duration) -> Round {
    Round { count: events, elapsed, latencies: Vec::new() }
}

/// Events that were committed while no relay ran.
async fn fill_outbox(conn: &mut PgConnection, events: i64) -> Result<(), Fault> {
    for first in (1..=events).step_by(usize::try_from(CHUNK)?) {
        let notes: Vec<NoteLeft> = (first..(first + CHUNK).min(events + 1)).map(NoteLeft::numbered).collect();
        let payloads: Vec<String> = notes.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        let sql = "insert into source.outbox (event, name, key, at, subjects, payload)
                   select gen_random_uuid(), $1, receiver, $2::text::timestamptz, array[sender, receiver], payload::json
                   from unnest($3::uuid[], $4::uuid[], $5::text[]) as row (sender, receiver, payload)";
        query(sql)
            .bind(NoteLeft::NAME)
            .bind(TIME)
            .bind(notes.iter().map(|note| note.from.uuid()).collect::<Vec<_>>())
            .bind(notes.iter().map(|note| note.to.uuid()).collect::<Vec<_>>())
            .bind(payloads)
            .execute(&mut *conn)
            .await?;
    }
    conn.execute("checkpoint").await?;
    Ok(())
}

/// The real relay, pass by pass.
async fn sequence(site: &Site, events: u32) -> Result<Round, Fault> {
    let begun = Instant::now();
    let mut last = None;
    while relay::pass(&site.ctx, &site.source, &mut last).await? == relay::Pass::More {}
    let elapsed = begun.elapsed();
    if journal::head(&site.source).await?.pos != i64::from(events) {
        return Err("the relay has not moved everything".into());
    }
    Ok(round(events, elapsed))
}

/// What Postgres does at best: the rows never leave it, and no JSON is read. As the consumer's, these commits do
/// not wait for the disk.
async fn copy(conn: &mut PgConnection, events: u32) -> Result<Round, Fault> {
    conn.execute("truncate reference.note; set synchronous_commit to off; checkpoint").await?;
    let begun = Instant::now();
    for pos in (0..i64::from(events)).step_by(usize::try_from(journal::BATCH_MAX)?) {
        let sql = "insert into reference.note (note, event, sender, receiver, at)
                   select pos, event, subjects[1], subjects[2], at from source.journal
                   where pos > $1 and pos <= $1 + $2 order by pos on conflict do nothing";
        query(sql).bind(pos).bind(journal::BATCH_MAX).execute(&mut *conn).await?;
    }
    Ok(round(events, begun.elapsed()))
}
