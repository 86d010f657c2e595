//! Plays what is live: a member listens to a stream, or waits for an answer, while something happens.
//!
//! Nothing here waits for time to pass. Whoever listens is known to be subscribed before anything happens, and
//! when everything has happened and is settled, a mark is sent down the stream: what has not come before it does
//! not come.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Body;
use futures::future::try_join;
use http_body_util::BodyExt;
use pancake::bus::Signal;
use pancake::dev::usecase::cast::Cast;
use pancake::dev::usecase::model::{Call, End, Given, News, Step, Then};
use pancake::dev::usecase::sse::Said;
use pancake::dev::usecase::wire::Wire;
use pancake::kernel::event::Names;
use pancake::kernel::id::{MemberId, TypedId};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::expect;
use crate::play::Player;
use crate::stage::{Answer, House};

/// How long a stream may take to say what it has been told.
const HEARD_WITHIN: Duration = Duration::from_secs(5);
/// How long the mark is waited for before it is sent again.
const MARK_AGAIN: Duration = Duration::from_millis(200);
/// Between two looks at how many are subscribed.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Looks after which something must be wrong: ten seconds or more.
const LOOKS_MAX: u32 = 5_000;
/// Who types only to be seen. Nobody has this id.
const MARK: Uuid = Uuid::max();

impl Player<'_> {
    /// Opens a stream, lets happen what happens meanwhile, and says how what was heard differs.
    pub(crate) async fn listen(&mut self, call: &Call, step: &Step) -> Result<(Answer, Vec<String>), String> {
        let session = self.session(&call.actor).await?;
        let member = self.known.caller(&call.actor);
        let wire = Wire::of(call, &self.known);
        let before = waiting(self.house);
        let (answer, body) = self.house.open(self.door, &wire, session.as_deref()).await?;
        let (Some(body), Some(member)) = (body, member) else {
            return Err(format!("this should be a stream of events, and is {}", expect::shown(&answer)));
        };
        let (said, mut ear) = watch::channel(Said::default());
        let mark = MARK.to_string();
        let reading = async {
            read(body, &mark, &said).await;
            std::future::pending().await
        };
        let hearing = async {
            until(self.house, "nobody has subscribed", |count| count > before).await?;
            self.meanwhile(step).await?;
            self.heard(member, &step.then, &mut ear).await
        };
        let found = tokio::select! {
            // What has arrived is read before anything else happens.
            biased;
            never = reading => never,
            found = hearing => found,
        };
        until(self.house, "a closed stream is still subscribed", |count| count <= before).await?;
        Ok((answer, found?))
    }

    /// Sends a call that waits, lets happen what happens meanwhile, and takes the answer.
    pub(crate) async fn wait(&mut self, call: &Call, step: &Step) -> Result<Answer, String> {
        let session = self.session(&call.actor).await?;
        let wire = Wire::of(call, &self.known);
        let (house, door, before) = (self.house, self.door, waiting(self.house));
        let answered = Cell::new(false);
        let asking = async {
            let answer = house.send(door, &wire, session.as_deref()).await;
            answered.set(true);
            answer
        };
        let happening = async {
            // Whoever is answered at once, since there is news or something is wrong, never subscribes.
            let waits = |count| count > before || answered.get();
            until(house, "nobody has subscribed, and no answer has come", waits).await?;
            self.meanwhile(step).await
        };
        let (answer, ()) = try_join(asking, happening).await?;
        until(house, "who was answered is still subscribed", |count| count <= before).await?;
        Ok(answer)
    }

    /// One after the other. Streams that are opened here stay open until all has happened.
    async fn meanwhile(&mut self, step: &Step) -> Result<(), String> {
        let mut open = Vec::new();
        for given in &step.meanwhile {
            let done = self.now(given, &mut open).await;
            done.map_err(|text| format!("line {} (meanwhile): {text}", given.line()))?;
            self.settle().await?;
        }
        Ok(())
    }

    async fn now(&mut self, given: &Given, open: &mut Vec<Body>) -> Result<(), String> {
        match given {
            Given::Event(past) => {
                let stage = &self.house.stage;
                let head = stage.head(self.case.module).await.map_err(|error| error.to_string())?;
                self.past(past, self.at).await?;
                if past.event.record.source == self.case.module {
                    self.own.extend((1..=i64::from(past.repeat)).map(|number| head + number));
                }
                Ok(())
            }
            Given::Call(past) => {
                let session = self.session(&past.call.actor).await?;
                let wire = Wire::of(&past.call, &self.known);
                let (answer, body) = self.house.open(self.door, &wire, session.as_deref()).await?;
                open.extend(body);
                self.judge(past, &answer)
            }
        }
    }

    /// Waits until everything has arrived, and compares.
    async fn heard(
        &self,
        member: MemberId,
        then: &Then,
        ear: &mut watch::Receiver<Said>,
    ) -> Result<Vec<String>, String> {
        self.settle().await?;
        let cast = self.known.cast;
        // Only the last who typed is remembered, so the mark must not come too early.
        let typists = then.receives.iter().filter_map(|news| match news {
            News::Typing(nickname) => Some(cast.person(nickname)?.id.to_string()),
            News::Changed(_) => None,
        });
        let typists: Vec<String> = typists.collect();
        let changed = then.receives.iter().filter_map(|news| match news {
            News::Changed(module) => Some(module),
            News::Typing(_) => None,
        });
        let changed: Vec<&String> = changed.collect();
        let all = |said: &Said| {
            let heard = typists.iter().all(|id| said.typing.contains(id));
            said.closed || (heard && changed.iter().all(|module| said.changed.contains(*module)))
        };
        // Who was not heard of is said below.
        let _ = timeout(HEARD_WITHIN, ear.wait_for(all)).await;
        let marks = ear.borrow().marks;
        let is_marked = |said: &Said| said.closed || said.marks > marks;
        let marked = async {
            loop {
                self.house.stage.ctx.hear(&Signal::Typing { from: MemberId::of(MARK), to: member });
                // Whoever is heard of in the same moment takes its place.
                if timeout(MARK_AGAIN, ear.wait_for(is_marked)).await.is_ok() {
                    return;
                }
            }
        };
        if timeout(HEARD_WITHIN, marked).await.is_err() {
            return Err(format!("the stream says nothing of what it was told {HEARD_WITHIN:?} ago"));
        }
        Ok(differences(&ear.borrow(), then, cast))
    }
}

/// Reads until the stream is over.
async fn read(mut body: Body, mark: &str, said: &watch::Sender<Said>) {
    let mut broken = None;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => said.send_modify(|said| said.hear(&frame.into_data().unwrap_or_default(), mark)),
            Err(error) => broken = Some(error.to_string()),
        }
    }
    said.send_modify(|said| said.close(broken));
}

/// What was heard and should not have been, and the other way round.
fn differences(said: &Said, then: &Then, cast: &Cast) -> Vec<String> {
    let changed = said.changed.iter().cloned().map(News::Changed);
    let typing = said.typing.iter().map(|id| match id.parse() {
        Ok(id) => News::Typing(cast.name(id)),
        Err(_) => News::Typing(id.clone()),
    });
    let (came, wanted): (BTreeSet<News>, BTreeSet<News>) =
        (changed.chain(typing).collect(), then.receives.iter().cloned().collect());
    let mut found = said.faults.clone();
    found.extend(
        wanted.difference(&came).map(|news| format!("the stream should tell of {news}, and does not")),
    );
    found.extend(came.difference(&wanted).map(|news| format!("the stream tells of {news}, and should not")));
    let wanted = then.ends.map(End::word);
    if said.why.as_deref() != wanted || said.closed != wanted.is_some() {
        let ended = |why: Option<&str>| why.map_or("open".to_owned(), |why| format!("over: {why}"));
        let is = if said.closed { said.why.as_deref().or(Some("without a word")) } else { None };
        found.push(format!("the stream should be {}, but is {}", ended(wanted), ended(is)));
    }
    found
}

/// Streams and calls that are subscribed.
fn waiting(house: &House) -> usize {
    house.stage.ctx.live().waiting()
}

/// Waits until as many are subscribed as they should be.
async fn until(house: &House, otherwise: &str, enough: impl Fn(usize) -> bool) -> Result<(), String> {
    for _ in 0..LOOKS_MAX {
        if enough(waiting(house)) {
            return Ok(());
        }
        sleep(LOOK_EVERY).await;
    }
    Err(format!("{otherwise} after {LOOKS_MAX} looks"))
}
