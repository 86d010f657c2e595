//! The thread of two members: the last 75 messages, and pages from there in both directions.
//!
//! A page opens where its reader left off: with more unread than it shows, at the first of these. Looking at it is
//! reading what it shows, and that is recorded after the answer. A program says itself what was read.

use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::query_as;
use uuid::Uuid;

use super::SPEC;
use super::first_messages::FirstMessages;
use super::message::Message;
use super::pair::Pair;
use super::thread_access::ThreadAccess;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::{self, Problem};
use crate::shared::cards::{self, Card};
use crate::shared::paging::MAX_MOST;
use crate::web::answer::Json;
use crate::web::extract::{Path, Query};
use crate::web::visitor::Actor;

/// Messages in a page where nobody asks otherwise.
const MAX_DEFAULT: i64 = 75;
/// Bytes of texts after which a page takes no further message: 75 of the longest would be nine megabytes.
pub(super) const PAGE_BYTES: i64 = 120_000;

pub(super) const TWO_WAYS: Problem =
    Problem::field("chat.two-ways", "Give `from` for older messages or `after` for newer ones, not both.");

/// Which part of a thread.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ThreadQuery {
    /// Messages wanted; 75 where it is left out.
    #[schemars(range(min = 1, max = MAX_MOST))]
    max: Option<i64>,
    /// Messages before this number: `next` of the page before, on the way back.
    #[schemars(range(min = 0))]
    from: Option<i64>,
    /// Messages after this number: the last that is known, or `next` on the way forward.
    #[schemars(range(min = 0))]
    pub(super) after: Option<i64>,
}

/// A part of a thread.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Thread {
    /// The other one.
    pub(super) with: Card,
    /// The newest of those asked for, always in the order in which they were written.
    pub(super) items: Vec<Message>,
    /// True where there are more in the direction that was asked for: older ones if none was.
    pub(super) has_more: bool,
    /// For `from`, or for `after` where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<i64>,
    /// Messages to her that she has not read.
    pub(super) unread: i32,
    /// How far she has read.
    pub(super) read_up_to: i64,
    /// How far the other one has read.
    pub(super) read_to: i64,
    /// For pages, which can go on in both directions.
    #[serde(skip)]
    pub(super) older: bool,
    #[serde(skip)]
    pub(super) newer: bool,
    /// The number of the first message that she has not read, shown here or not.
    #[serde(skip)]
    first_unread: Option<i64>,
    /// What is left of today's first messages, where nothing was written yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_messages: Option<FirstMessages>,
}

/// Where a page of a thread begins.
enum Start {
    Before(i64),
    After(i64),
}

impl ThreadQuery {
    fn parse(&self) -> Result<(Start, i64), Failure> {
        let max = self.max.unwrap_or(MAX_DEFAULT);
        if !(1..=MAX_MOST).contains(&max) {
            return Err(problem::OUT_OF_RANGE.saying(format!("Ask for 1 to {MAX_MOST} messages.")).at("max"));
        }
        match (self.from, self.after) {
            (Some(_), Some(_)) => Err(TWO_WAYS.at("after")),
            (None, Some(after)) => Ok((Start::After(after), max)),
            (from, None) => Ok((Start::Before(from.unwrap_or(i64::MAX)), max)),
        }
    }
}

pub(super) async fn run(
    ctx: &Context,
    actor: &Actor,
    other: MemberId,
    query: &ThreadQuery,
) -> Result<Thread, Failure> {
    let (start, max) = query.parse()?;
    let thread_access = ThreadAccess::of(ctx.pool(&SPEC), actor.id, other).await?;
    let with = cards::of(ctx.pool(&SPEC), &SPEC, other).await?;
    let with = with.card(ctx, actor.id).away_if(thread_access.blocked);
    let first_messages = match thread_access.newest {
        None => {
            let mut conn = ctx.pool(&SPEC).acquire().await?;
            Some(FirstMessages::of(&mut conn, ctx, actor.id).await?)
        }
        Some(_) => None,
    };
    let (items, has_more) = messages(ctx, actor.id, other, &start, max).await?;
    let last = match start {
        Start::Before(_) => items.first(),
        Start::After(_) => items.last(),
    };
    let next = last.filter(|_| has_more).map(|message| message.number);
    let (older, newer) = match start {
        Start::Before(_) => (has_more, query.from.is_some()),
        Start::After(after) => (after > 0, has_more),
    };
    let read = |message: Row| Message {
        read: message.number
            <= if message.mine { thread_access.others_read_to } else { thread_access.read_to },
        number: message.number,
        mine: message.mine,
        text: message.text,
        at: message.at,
        removed: message.removed,
    };
    Ok(Thread {
        with,
        items: items.into_iter().map(read).collect(),
        has_more,
        next,
        older,
        newer,
        unread: thread_access.unread,
        first_unread: thread_access.first_unread,
        read_up_to: thread_access.read_to,
        read_to: thread_access.others_read_to,
        first_messages,
    })
}

/// The part that a page opens with: the one asked for. Where none was, and more is unread than the newest part shows,
/// it is the part from the first unread message on.
pub(super) async fn opened(
    ctx: &Context,
    actor: &Actor,
    other: MemberId,
    query: &ThreadQuery,
) -> Result<Thread, Failure> {
    let newest = run(ctx, actor, other, query).await?;
    let asked = query.from.or(query.after).is_some();
    match newest.hidden_unread().filter(|_| !asked) {
        Some(first) => {
            let after = ThreadQuery { max: query.max, from: None, after: Some(first - 1) };
            run(ctx, actor, other, &after).await
        }
        None => Ok(newest),
    }
}

/// What a reader has read who was shown a part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// The number of the last message to her that she was shown.
    pub(super) up_to: i64,
    /// True where nothing is left unread after it.
    pub(super) all: bool,
}

impl Thread {
    /// The first unread message, if it comes before all that is shown.
    fn hidden_unread(&self) -> Option<i64> {
        let shown = self.items.first()?.number;
        self.first_unread.filter(|first| *first < shown)
    }

    /// What looking at this part reads. None where nothing shown was unread, and where messages before it are unread
    /// and not shown: a mark would cover them too.
    pub(super) fn reading(&self) -> Option<Reading> {
        let unread = |message: &&Message| !message.mine && !message.read;
        let shown = self.items.iter().filter(unread).count();
        // The number says that something is unread, and nothing is: the mark has it counted again.
        let adrift = self.unread > 0 && self.first_unread.is_none();
        if self.hidden_unread().is_some() || (shown == 0 && !adrift) {
            return None;
        }
        let up_to = self.items.iter().rfind(|message| !message.mine)?.number;
        Some(Reading { up_to, all: adrift || usize::try_from(self.unread).is_ok_and(|all| all <= shown) })
    }
}

struct Row {
    number: i64,
    mine: bool,
    text: String,
    at: DateTime<Utc>,
    removed: bool,
}

/// A message as it is found: without its text where the page is full before it.
struct Found {
    number: Option<i64>,
    sender: Option<Uuid>,
    at: Option<DateTime<Utc>>,
    text: Option<String>,
    removed: Option<bool>,
}

/// A page of messages in the order of their numbers, and whether there are more.
async fn messages(
    ctx: &Context,
    member: MemberId,
    other: MemberId,
    start: &Start,
    max: i64,
) -> Result<(Vec<Row>, bool), Failure> {
    let Pair { one, two } = Pair::of(member, other);
    let (forward, from) = match *start {
        Start::After(number) => (true, number),
        Start::Before(number) => (false, number),
    };
    // Either branch is one walk along the primary key; the planner skips the other.
    let rows = query_as!(
        Found,
        r#"select number, sender, at, removed, case when bytes - octet_length(text) < $7 then text end as "text?"
           from (select *, sum(octet_length(text)) over (order by abs(number - $3) rows unbounded preceding) as bytes
                 from (
           (select number, sender, text, at, removed from chat.message
            where $6 and one = $1 and two = $2 and number > $3 and (not withheld or sender = $4)
            order by number limit $5)
           union all
           (select number, sender, text, at, removed from chat.message
            where not $6 and one = $1 and two = $2 and number < $3 and (not withheld or sender = $4)
            order by number desc limit $5)) as found) as measured
           order by abs(number - $3)"#,
        one.uuid(),
        two.uuid(),
        from,
        member.uuid(),
        max + 1,
        forward,
        PAGE_BYTES
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    let (most, found) = (usize::try_from(max).unwrap_or_default(), rows.len());
    let read = |row| {
        let Found { number, sender, at, text, removed } = row;
        let mine = sender? == member.uuid();
        Some(Row { number: number?, mine, text: text?, at: at?, removed: removed? })
    };
    let mut rows: Vec<Row> = rows.into_iter().map_while(read).take(most).collect();
    let has_more = rows.len() < found;
    rows.sort_by_key(|row| row.number);
    Ok((rows, has_more))
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(other): Path<MemberId>,
    Query(query): Query<ThreadQuery>,
) -> Result<Json<Thread>, Failure> {
    Ok(Json(run(&ctx, &actor, other, &query).await?))
}
