//! A use case as data: GIVEN past events, WHEN a member calls, THEN this answer and these events.

use std::fmt;

use axum::http::Method;
use chrono::TimeDelta;

use super::sent_file::SentFile;
use super::tree::Tree;
use crate::kernel::module::{ActionRecord, EventRecord};

/// One file.
#[derive(Debug, Clone)]
pub struct UseCase {
    /// The module under test: the folder.
    pub module: &'static str,
    /// `usecases/alerts/read_alerts.toml`
    pub file: String,
    /// A sentence, unique over all modules.
    pub name: String,
    /// One or two sentences more.
    pub about: Option<String>,
    /// Who is there before anything else happens, in the cast's order.
    pub people: Vec<Introduction>,
    pub given: Vec<Given>,
    pub steps: Vec<Step>,
    /// Runs that this case cannot pass, each with its reason.
    pub skips: Vec<(Skip, String)>,
}

impl UseCase {
    /// Why a run is left out, if it is.
    pub fn skips(&self, run: Skip) -> Option<&str> {
        self.skips.iter().find(|(skipped, _)| *skipped == run).map(|(_, reason)| reason.as_str())
    }

    /// Every event that is given, played as a WHEN, or told to introduce people.
    pub fn given_events(&self) -> impl Iterator<Item = &EventText> {
        self.people.iter().flat_map(|person| &person.events).chain(self.told_events())
    }

    /// Every event that the case itself tells: given, played as a WHEN, or in a MEANWHILE.
    pub fn told_events(&self) -> impl Iterator<Item = &EventText> {
        let played = self.steps.iter().filter_map(|step| match &step.when {
            When::Event(event) => Some(event),
            When::Call(_) | When::Press(_) | When::Stream(_) => None,
        });
        self.given
            .iter()
            .chain(self.steps.iter().flat_map(|step| &step.meanwhile))
            .filter_map(Given::event)
            .chain(played)
    }

    /// Every event that the module under test is expected to publish.
    pub fn expected_events(&self) -> impl Iterator<Item = &EventText> {
        self.steps.iter().flat_map(|step| &step.then.events)
    }
}

/// A run that a case may be excused from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// Every listener twice.
    Twice,
    /// Somebody who has no part in it asks the same.
    Stranger,
}

impl Skip {
    pub const ALL: [(&'static str, Self); 2] = [("twice", Self::Twice), ("stranger", Self::Stranger)];
}

/// A person of the cast, and what has to have happened for her to be there.
#[derive(Debug, Clone)]
pub struct Introduction {
    pub nickname: String,
    pub state: State,
    /// `member-registered`, `registration-approved`, … whichever of them the site has by now.
    pub events: Vec<EventText>,
}

/// How far a person's application has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    Rejected,
    Approved,
    /// Not introduced: known by name only.
    Absent,
}

impl State {
    pub const ALL: [(&'static str, Self); 4] = [
        ("waiting", Self::Waiting),
        ("rejected", Self::Rejected),
        ("approved", Self::Approved),
        ("absent", Self::Absent),
    ];
}

/// What happened before.
#[derive(Debug, Clone)]
pub enum Given {
    Event(Past),
    Call(Box<PastCall>),
}

impl Given {
    /// The event, if it is one.
    pub fn event(&self) -> Option<&EventText> {
        match self {
            Self::Event(past) => Some(&past.event),
            Self::Call(_) => None,
        }
    }

    pub fn line(&self) -> usize {
        match self {
            Self::Event(past) => past.event.line,
            Self::Call(past) => past.call.line,
        }
    }
}

/// A call before the story, for what no event carries.
#[derive(Debug, Clone)]
pub struct PastCall {
    /// Before noon, unless it follows from the order.
    pub at: Option<TimeDelta>,
    pub call: Call,
    /// Without one it only has to succeed.
    pub then: Option<Then>,
}

/// An event of the past.
#[derive(Debug, Clone)]
pub struct Past {
    pub event: EventText,
    pub at: Option<TimeDelta>,
    pub repeat: u32,
    pub every: TimeDelta,
}

/// An event as written: its fields may hold names and captures.
#[derive(Clone)]
pub struct EventText {
    pub line: usize,
    pub record: EventRecord,
    pub fields: Tree,
}

impl fmt::Debug for EventText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventText")
            .field("name", &self.record.name)
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

/// One WHEN with its THEN.
#[derive(Debug, Clone)]
pub struct Step {
    pub line: usize,
    /// Time that passes before.
    pub later: TimeDelta,
    /// How many times the call is sent at the same moment.
    pub at_once: usize,
    pub when: When,
    /// What happens while a stream is open, or while a call waits for its answer.
    pub meanwhile: Vec<Given>,
    pub then: Then,
}

/// What happens.
#[derive(Debug, Clone)]
pub enum When {
    Call(Box<Call>),
    Press(Box<Press>),
    Event(EventText),
    /// A call whose answer is a stream of events.
    Stream(Box<Call>),
}

impl When {
    /// The actions that this step goes through: a press loads its page first.
    pub fn actions(&self) -> impl Iterator<Item = &ActionRecord> {
        let (first, second) = match self {
            Self::Call(call) | Self::Stream(call) => (call.action.as_ref(), None),
            Self::Press(press) => (press.shows.as_ref(), press.does.as_ref()),
            Self::Event(_) => (None, None),
        };
        first.into_iter().chain(second)
    }
}

/// A request in full.
#[derive(Debug, Clone)]
pub struct Call {
    pub line: usize,
    pub method: Method,
    /// As written, without the query: `/api/block/nancy`.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub actor: Caller,
    pub body: Body,
    pub headers: Vec<(String, String)>,
    /// None for a path or a method that the site does not have: 404 and 405 have use cases too.
    pub action: Option<ActionRecord>,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Not logged in.
    Nobody,
    /// A person of the cast, by nickname.
    Person(String),
    /// A member who came into being in this case: `$carol` holds her id.
    Captured(String),
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("a visitor"),
            Self::Person(name) => f.write_str(name),
            Self::Captured(name) => write!(f, "${name}"),
        }
    }
}

/// What a request carries.
#[derive(Debug, Clone)]
pub enum Body {
    None,
    Json(Tree),
    Form(Vec<(String, String)>),
    /// Sent as it is, for what cannot be read.
    Raw(String),
    File(SentFile),
}

/// A button on a page.
#[derive(Debug, Clone)]
pub struct Press {
    pub line: usize,
    /// Its visible text.
    pub button: String,
    /// The page.
    pub on: String,
    pub actor: Caller,
    /// Where its form has to go: method and path.
    pub sends: (Method, String),
    /// What is typed before.
    pub fill: Vec<(String, String)>,
    /// Which files are chosen before, by field.
    pub attach: Vec<(String, SentFile)>,
    pub shows: Option<ActionRecord>,
    pub does: Option<ActionRecord>,
}

/// What has to hold afterwards.
#[derive(Debug, Clone, Default)]
pub struct Then {
    pub line: usize,
    /// One, or one for each call sent at once.
    pub status: Vec<u16>,
    /// Partial: what is not named may be anything.
    pub body: Option<Tree>,
    /// How many items.
    pub count: Option<usize>,
    pub first: Option<Tree>,
    pub last: Option<Tree>,
    /// A path in the items by which they descend.
    pub ordered: Option<String>,
    /// Field names that occur nowhere in the body.
    pub absent: Vec<String>,
    /// The code of a refusal.
    pub problem: Option<String>,
    /// The fields that the refusal names.
    pub field: Vec<String>,
    pub headers: Vec<(String, String)>,
    pub location: Option<String>,
    pub sees: Vec<String>,
    pub not_sees: Vec<String>,
    /// What the module under test published, exactly.
    pub events: Vec<EventText>,
    /// What arrives on the stream, exactly, in any order and as often as may be.
    pub receives: Vec<News>,
    /// Why the stream ends; without it, it stays open.
    pub ends: Option<End>,
}

/// What a stream of events tells a member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum News {
    /// What she sees of this module has changed.
    Changed(String),
    /// This person types to her.
    Typing(String),
}

impl News {
    /// `chat`, or `typing by nancy`.
    pub fn read(text: &str) -> Self {
        match text.strip_prefix("typing by ") {
            Some(nickname) => Self::Typing(nickname.to_owned()),
            None => Self::Changed(text.to_owned()),
        }
    }
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(module) => f.write_str(module),
            Self::Typing(nickname) => write!(f, "typing by {nickname}"),
        }
    }
}

/// Why a stream is over for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    LoggedOut,
    Elsewhere,
}

impl End {
    pub const ALL: [(&'static str, Self); 2] =
        [("logged-out", Self::LoggedOut), ("elsewhere", Self::Elsewhere)];

    /// As the stream says it.
    pub fn word(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged-out",
            Self::Elsewhere => "elsewhere",
        }
    }
}
