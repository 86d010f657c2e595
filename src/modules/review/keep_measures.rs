//! Writes down what reviewers did about members: one listener for every event that says so. The same again within an
//! hour is nothing new.

use std::marker::PhantomData;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::query;

use super::contract::{ExclusionLifted, MemberExcluded, MemberWarned, MessageRemoved};
use crate::kernel::event::{Applied, Event, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

/// The same decision, sent twice, and no second one.
const SAME_WITHIN: TimeDelta = TimeDelta::hours(1);

/// An event by which something happened to a member.
pub(super) trait Measures: Event {
    /// As stored.
    const KIND: &'static str;

    /// What the member is told, if that is anything.
    fn reason(&self) -> Option<&str>;

    /// Which message, where it is about one.
    fn about(&self) -> Option<String> {
        None
    }

    /// When it ends, if it does.
    fn until(&self) -> Option<DateTime<Utc>> {
        None
    }
}

impl Measures for MessageRemoved {
    const KIND: &'static str = "removed";
    fn reason(&self) -> Option<&str> {
        Some(&self.reason)
    }
    fn about(&self) -> Option<String> {
        Some(format!("{} {}", self.to, self.number))
    }
}

impl Measures for MemberWarned {
    const KIND: &'static str = "warned";
    fn reason(&self) -> Option<&str> {
        Some(&self.reason)
    }
}

impl Measures for MemberExcluded {
    const KIND: &'static str = "excluded";
    fn reason(&self) -> Option<&str> {
        Some(&self.reason)
    }
    fn until(&self) -> Option<DateTime<Utc>> {
        self.until
    }
}

impl Measures for ExclusionLifted {
    const KIND: &'static str = "lifted";
    fn reason(&self) -> Option<&str> {
        None
    }
}

pub(super) struct KeepMeasures<E>(PhantomData<fn(E)>);

impl<E> KeepMeasures<E> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: Measures> Listener for KeepMeasures<E> {
    type Event = E;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<E>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let done = query!(
                "insert into review.measure (measure, member, kind, about, reason, until, at)
                 select $1, $2, $3::text, $7::text, $4::text, $5::timestamptz, $6::timestamptz
                 where not exists (
                     select from review.measure m
                     where m.member = $2 and m.at > $8 and m.at <= $6 and m.kind = $3
                       and (m.about, m.reason, m.until) is not distinct from ($7, $4, $5)
                       -- Excluded, lifted, and excluded again: that is not the same again.
                       and not exists (select from review.measure l
                                       where l.member = $2 and l.kind <> $3 and l.kind in ('excluded', 'lifted')
                                         and (l.at, l.measure) > (m.at, m.measure)))
                 on conflict do nothing",
                fact.id.uuid(),
                fact.event.key().uuid(),
                E::KIND,
                fact.event.reason(),
                fact.event.until(),
                fact.at,
                fact.event.about(),
                fact.at - SAME_WITHIN
            );
            rows += done.execute(tx.conn()).await?.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}
