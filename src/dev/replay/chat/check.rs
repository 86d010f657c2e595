//! Reads every thread from both sides, and every inbox, and has them compared with the file.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};

use super::compare::{self, Expected};
use super::talk::Talk;
use super::{Answers, Pair};
use crate::dev::drive::DriveError;
use crate::dev::drive::client::Api;
use crate::dev::drive::members::{Members, Person};
use crate::dev::drive::report::Progress;
use crate::dev::drive::threads::{self, Thread, Way};

/// Lists that are read together.
const READS: usize = 16;
/// Every so manieth thread is also read forwards, beside the longest one.
const FORWARDS_EVERY: usize = 10;

/// What the comparison found.
pub(super) struct Checked {
    pub(super) differences: Vec<String>,
    /// On both sides.
    pub(super) messages: usize,
    pub(super) forwards: usize,
    pub(super) threads_took: Duration,
    pub(super) inboxes_took: Duration,
}

/// What each has to find in her inbox, by the other's nickname.
type Inboxes = BTreeMap<Person, BTreeMap<String, Expected>>;

/// Reads and compares everything.
pub(super) async fn compare_all(
    api: &Api,
    members: &Members,
    talk: &Talk,
    answers: &Answers,
) -> Result<Checked, DriveError> {
    let begun = Instant::now();
    let mut checked = Checked {
        differences: Vec::new(),
        messages: 0,
        forwards: 0,
        threads_took: Duration::ZERO,
        inboxes_took: Duration::ZERO,
    };
    let mut inboxes = Inboxes::new();
    let progress = Progress::new("threads", talk.threads.len());
    let longest = talk.threads.iter().max_by_key(|pair| length(talk, **pair));
    let reads = talk.threads.iter().enumerate().map(|(place, pair)| async move {
        let forwards = place.is_multiple_of(FORWARDS_EVERY) || longest == Some(pair);
        let sides = both(api, members, *pair).await?;
        let again = if forwards { again(api, members, *pair, &sides[0]).await? } else { Vec::new() };
        Ok::<_, DriveError>((*pair, sides, forwards, again))
    });
    let mut reads = stream::iter(reads).buffered(READS);
    while let Some((pair, sides, forwards, again)) = reads.try_next().await? {
        progress.step();
        checked.messages += sides[0].messages.len() + sides[1].messages.len();
        checked.forwards += usize::from(forwards);
        checked.differences.extend(compare::thread(talk, answers, pair, [&sides[0], &sides[1]]));
        checked.differences.extend(again);
        expect(&mut inboxes, talk, pair, &sides);
    }
    drop((reads, progress));
    checked.threads_took = begun.elapsed();
    let begun = Instant::now();
    checked.differences.extend(compare_inboxes(api, members, &inboxes).await?);
    checked.inboxes_took = begun.elapsed();
    Ok(checked)
}

fn length(talk: &Talk, (one, other): Pair) -> usize {
    talk.written(one, other).len() + talk.written(other, one).len()
}

async fn both(api: &Api, members: &Members, (one, other): Pair) -> Result<[Thread; 2], DriveError> {
    let (one, other) = (members.of(one)?, members.of(other)?);
    let (left, right) = tokio::try_join!(
        threads::thread(api, one, other, Way::Back),
        threads::thread(api, other, one, Way::Back)
    )?;
    Ok([left, right])
}

/// The same thread the other way is the same.
async fn again(
    api: &Api,
    members: &Members,
    (one, other): Pair,
    back: &Thread,
) -> Result<Vec<String>, DriveError> {
    let forth = threads::thread(api, members.of(one)?, members.of(other)?, Way::Forth).await?;
    let whose = format!("{}'s thread with {}", one.nickname(), other.nickname());
    let differs =
        format!("{whose}: read forwards with `after`, it is another than read backwards with `from`");
    Ok(if forth == *back { Vec::new() } else { vec![differs] })
}

fn expect(inboxes: &mut Inboxes, talk: &Talk, (one, other): Pair, sides: &[Thread; 2]) {
    for ((me, other), thread) in [(one, other), (other, one)].into_iter().zip(sides) {
        // A thread without messages differs already.
        if let Some(last) = thread.messages.last() {
            let unread = talk.written(other, me).len();
            let expected = Expected { last: last.clone(), unread };
            inboxes.entry(me).or_default().insert(other.nickname(), expected);
        }
    }
}

async fn compare_inboxes(api: &Api, members: &Members, inboxes: &Inboxes) -> Result<Vec<String>, DriveError> {
    let progress = Progress::new("inboxes", inboxes.len());
    let reads = inboxes.iter().map(|(me, expected)| async move {
        let rows = threads::inbox(api, members.of(*me)?).await?;
        Ok::<_, DriveError>(compare::inbox(*me, expected, &rows))
    });
    let all: Vec<Vec<String>> =
        stream::iter(reads).buffered(READS).inspect(|_| progress.step()).try_collect().await?;
    Ok(all.into_iter().flatten().collect())
}
