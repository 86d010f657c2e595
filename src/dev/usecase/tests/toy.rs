//! Three toy modules, small enough to hold in one's head: a gate, a post and a letter box.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::migrate::Migrator;

use crate::kernel::context::Tx;
use crate::kernel::event::{Applied, Event, Listener, Names, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, MemberId};
use crate::kernel::module::{Action, Module, ModuleSpec, Policy, Registry};
use crate::web::answer::NoContent;

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LetterSent {
    letter: EventId,
    from: MemberId,
    to: MemberId,
    text: String,
    pages: u32,
}

impl Event for LetterSent {
    const NAME: &'static str = "letter-sent";
    const SOURCE: &'static str = "post";
    fn key(&self) -> MemberId {
        self.to
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.from, self.to]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} wrote to {}: {}", names.name(self.from), names.name(self.to), self.text)
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct LetterRead {
    member: MemberId,
}

impl Event for LetterRead {
    const NAME: &'static str = "letter-read";
    const SOURCE: &'static str = "letterbox";
    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.member]
    }
    fn describe(&self, names: &dyn Names) -> String {
        format!("{} read a letter", names.name(self.member))
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct MemberRegistered {
    member: MemberId,
    nickname: String,
}

impl Event for MemberRegistered {
    const NAME: &'static str = "member-registered";
    const SOURCE: &'static str = "gate";
    fn key(&self) -> MemberId {
        self.member
    }
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.member]
    }
    fn describe(&self, _: &dyn Names) -> String {
        format!("{} registered", self.nickname)
    }
}

struct KeepLetters;
impl Listener for KeepLetters {
    type Event = LetterSent;
    async fn handle(&self, _: &mut Tx, facts: &[Recorded<LetterSent>]) -> Result<Applied, Failure> {
        Ok(Applied::rows(facts.len() as u64))
    }
}

struct MarkRead;
impl Listener for MarkRead {
    type Event = LetterRead;
    async fn handle(&self, _: &mut Tx, facts: &[Recorded<LetterRead>]) -> Result<Applied, Failure> {
        Ok(Applied::rows(facts.len() as u64))
    }
}

const fn spec(name: &'static str, segments: &'static [&'static str]) -> ModuleSpec {
    ModuleSpec {
        name,
        schema: name,
        segments,
        purpose: "A toy.",
        migrations: Migrator::DEFAULT,
        kit: &[],
        owned: &[],
    }
}

static GATE: ModuleSpec = spec("gate", &[]);
static POST: ModuleSpec = spec("post", &["post"]);
static LETTERBOX: ModuleSpec = spec("letterbox", &["letterbox"]);

struct Gate;
impl Module for Gate {
    fn spec(&self) -> &'static ModuleSpec {
        &GATE
    }
    fn register(&self, at: &mut Registry) {
        at.declares_unpublished::<MemberRegistered>();
    }
}

async fn nothing() -> Result<NoContent, Failure> {
    Ok(NoContent)
}

struct Post;
impl Module for Post {
    fn spec(&self) -> &'static ModuleSpec {
        &POST
    }
    fn register(&self, at: &mut Registry) {
        at.declares_unpublished::<LetterSent>();
        at.json(Action::post("/post/{member}", Policy::Member, "sends a letter"), nothing);
    }
}

struct Letterbox;
impl Module for Letterbox {
    fn spec(&self) -> &'static ModuleSpec {
        &LETTERBOX
    }
    fn register(&self, at: &mut Registry) {
        at.publishes::<LetterRead>();
        at.listens(KeepLetters);
        at.listens(MarkRead);
        at.json(Action::get("/letterbox", Policy::Member, "reads her letters"), nothing);
        at.json(Action::post("/letterbox/ack", Policy::Member, "has read them"), nothing);
        at.html(Action::get("/letterbox", Policy::Member, "reads her letters"), || async {});
    }
}

pub(super) fn registry() -> Registry {
    Registry::of(&[&Gate, &Post, &Letterbox])
}
