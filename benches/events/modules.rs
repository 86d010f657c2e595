//! Two modules as narrow as can be: one writes a row and publishes an event, the other writes a row an event.
//!
//! With the site's own modules the indexes of their tables would be measured, not the way of an event.

use pancake::kernel::context::Tx;
use pancake::kernel::event::{Applied, Event, Listener, Names, Recorded};
use pancake::kernel::failure::Failure;
use pancake::kernel::id::{MemberId, TypedId};
use pancake::kernel::module::{Module, ModuleSpec, Registry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::query;
use uuid::Uuid;

/// Members that the notes are of and for: no key is hot.
const MEMBERS: i64 = 10_000;
/// A day in 2026, for rows that nobody asks when they were.
pub(crate) const TIME: &str = "2026-06-01T12:00:00Z";

pub(crate) const SOURCE: &str = "source";
pub(crate) const SINK: &str = "sink";

const fn spec(name: &'static str, purpose: &'static str) -> ModuleSpec {
    // Without migrations a module counts as idle, and has one connection.
    let migrations = sqlx::migrate!("benches/events/schema");
    ModuleSpec { name, schema: name, segments: &[], purpose, migrations, kit: &[], owned: &[] }
}

pub(crate) static SOURCE_SPEC: ModuleSpec = spec(SOURCE, "Writes a row and publishes an event.");
static SINK_SPEC: ModuleSpec = spec(SINK, "Writes a row an event.");

/// One member left a note for another.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct NoteLeft {
    pub(crate) note: i64,
    pub(crate) from: MemberId,
    pub(crate) to: MemberId,
}

impl NoteLeft {
    /// The note of this number.
    pub(crate) fn numbered(note: i64) -> Self {
        Self { note, from: member(note), to: member(note / 7 + 1) }
    }
}

fn member(number: i64) -> MemberId {
    let number = u128::from((number % MEMBERS).unsigned_abs());
    MemberId::of(Uuid::from_u128(0x0197_2a00_0000_7000_8000_0000_0000_0000 + number))
}

impl Event for NoteLeft {
    const NAME: &'static str = "note-left";
    const SOURCE: &'static str = SOURCE;

    fn key(&self) -> MemberId {
        self.to
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.from, self.to]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} left {} a note", names.name(self.from), names.name(self.to))
    }
}

struct KeepNotes;

impl Listener for KeepNotes {
    type Event = NoteLeft;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<NoteLeft>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for Recorded { id, at, event } in facts {
            let sql =
                "insert into source.note (note, event, sender, receiver, at) values ($1, $2, $3, $4, $5)
                       on conflict do nothing";
            let insert = query(sql).bind(event.note).bind(id).bind(event.from).bind(event.to).bind(at);
            rows += insert.execute(tx.conn()).await?.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}

struct CopyNotes;

impl Listener for CopyNotes {
    type Event = NoteLeft;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<NoteLeft>]) -> Result<Applied, Failure> {
        let column = |of: fn(&NoteLeft) -> MemberId| facts.iter().map(|f| of(&f.event).uuid()).collect();
        let (from, to): (Vec<Uuid>, Vec<Uuid>) = (column(|e| e.from), column(|e| e.to));
        let sql = "insert into sink.note (note, event, sender, receiver, at)
                   select * from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[])
                   on conflict do nothing";
        let done = query(sql)
            .bind(facts.iter().map(|fact| fact.event.note).collect::<Vec<_>>())
            .bind(facts.iter().map(|fact| fact.id.uuid()).collect::<Vec<_>>())
            .bind(from)
            .bind(to)
            .bind(facts.iter().map(|fact| fact.at).collect::<Vec<_>>())
            .execute(tx.conn())
            .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}

struct Source;

impl Module for Source {
    fn spec(&self) -> &'static ModuleSpec {
        &SOURCE_SPEC
    }
    fn register(&self, at: &mut Registry) {
        at.publishes::<NoteLeft>();
        at.listens(KeepNotes);
    }
}

struct Sink;

impl Module for Sink {
    fn spec(&self) -> &'static ModuleSpec {
        &SINK_SPEC
    }
    fn register(&self, at: &mut Registry) {
        at.listens(CopyNotes);
    }
}

pub(crate) fn registry() -> Registry {
    Registry::of(&[&Source, &Sink])
}
