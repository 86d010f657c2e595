//! A block is not noticed: whatever answers the blocked one still gets about the blocker are, byte for byte, those that
//! he gets when she is merely away, his cursor stays, and his stream is silent. While she is here, and busy.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use futures::FutureExt;
use pancake::kernel::id::MemberId;
use pancake::live::{Cursor, Kind, Subscription};
use pancake::modules::online::contract::{MemberSeen, OnlineHidden, OnlineShown};
use pancake::web::visitor::Token;

use crate::blocked::Sight;
use crate::play::Player;

/// What every page has of its own, from where to where: the keys of its forms; and the numbers in the navigation, in
/// which what a block hides no longer counts.
const OWN: [(&str, &str); 2] = [("name=\"_key\" value=\"", "\""), (" data-count=\"", "</a>")];

/// What the blocked one has before the block.
pub(crate) struct Before {
    reader: MemberId,
    /// By address: what he is answered while she is away.
    away: BTreeMap<String, String>,
    cursor: Cursor,
    stream: tokio::sync::Mutex<Subscription>,
}

impl Player<'_> {
    /// Reads all that names the blocker to the other one while she is away, and listens as he does. Then she is here.
    /// None where he reads nothing of hers.
    pub(crate) async fn before(
        &mut self,
        sights: &[Sight<'_>],
        blocker: MemberId,
        blocked: MemberId,
    ) -> Result<Option<Before>, String> {
        let of_his: Vec<_> = sights.iter().filter(|sight| sight.reader.id == blocked).collect();
        let Some(first) = of_his.first() else { return Ok(None) };
        let hid = self.tell(OnlineHidden { member: blocker }).await?;
        let mut away = BTreeMap::new();
        for sight in &of_his {
            self.turn_on();
            let answer = self.read(&sight.reading).await?;
            away.insert(sight.reading.wire.target.clone(), plain(&answer.text()));
        }
        if hid {
            self.tell(OnlineShown { member: blocker }).await?;
        }
        let _ = self.tell(MemberSeen { member: blocker, day: None }).await?;
        self.settle().await?;
        let token = self.session(&first.reading.actor).await?.and_then(|token| Token::parse(&token));
        let ctx = self.house.stage.ctx.clone();
        let actor = match &token {
            Some(token) => ctx.sessions().actor(&ctx, token).await.map_err(|failure| failure.to_string())?,
            None => None,
        };
        let actor = actor.ok_or("who is to be blocked has no session")?;
        let cursor = self.cursor(blocked).await?;
        let stream = ctx.live().subscribe(&ctx, &actor, cursor.clone(), Kind::Stream).await;
        let stream = stream.map_err(|refused| format!("{refused:?}"))?.into();
        Ok(Some(Before { reader: blocked, away, cursor, stream }))
    }

    /// What he could notice by his cursor or his stream.
    pub(crate) async fn noticed(&self, before: &Before, what: &str) -> Result<Option<String>, String> {
        self.settle().await?;
        let who = self.known.cast.people.iter().find(|person| person.id == before.reader);
        let who = who.map(|person| person.nickname.as_str()).unwrap_or_default();
        let cursor = self.cursor(before.reader).await?;
        if cursor != before.cursor {
            return Ok(Some(format!(
                "{who} notices {what}: the cursor was {} and is {cursor}",
                before.cursor
            )));
        }
        let heard = before.stream.lock().await.next(&self.house.stage.ctx).now_or_never();
        Ok(heard.map(|heard| format!("{who} notices {what}: the stream says {heard:?}")))
    }

    /// What he could notice by an answer that he still gets.
    pub(crate) async fn differs(
        &mut self,
        before: &Before,
        sight: &Sight<'_>,
    ) -> Result<Option<String>, String> {
        let target = &sight.reading.wire.target;
        let Some(away) = before.away.get(target).filter(|_| sight.reader.id == before.reader) else {
            return Ok(None);
        };
        self.turn_on();
        let answer = self.read(&sight.reading).await?;
        if answer.status == 404 {
            // As if there were nobody of that name, which is looked at elsewhere.
            return Ok(None);
        }
        let now = plain(&answer.text());
        let (one, other) = (&sight.reader.nickname, &sight.seen.nickname);
        Ok((now != *away).then(|| {
            format!("{other} has blocked {one}, and GET {target} tells {one} so: {}", difference(away, &now))
        }))
    }

    /// Every reading is of the same second, or one would tell of five hours and another of four.
    fn turn_on(&self) {
        self.house.set_clock(self.at + TimeDelta::seconds(1));
    }

    async fn cursor(&self, member: MemberId) -> Result<Cursor, String> {
        let ctx = &self.house.stage.ctx;
        let modules: Vec<_> = ctx.live().modules().iter().map(|spec| spec.name).collect();
        ctx.live().versions(ctx, member, modules).await.map_err(|failure| failure.to_string())
    }
}

/// Without [`OWN`].
fn plain(text: &str) -> String {
    OWN.iter().fold(text.to_owned(), |text, (from, to)| {
        let mut parts = text.split(from);
        let mut plain = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            plain.push_str(part.split_once(to).map_or(part, |(_, rest)| rest));
        }
        plain
    })
}

/// The first line or bit that is not the same.
fn difference(away: &str, now: &str) -> String {
    let at = away.bytes().zip(now.bytes()).take_while(|(one, other)| one == other).count();
    let around = |text: &str| {
        let bytes = text.as_bytes().get(at.saturating_sub(80)..).unwrap_or_default();
        String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned()
    };
    format!("away it is\n  {}\nand now\n  {}", around(away), around(now))
}
