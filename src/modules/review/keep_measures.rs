//! Writes down what reviewers did about members: one listener for every event that says so.

use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use sqlx::query;

use super::contract::{ExclusionLifted, MemberExcluded, MemberWarned, MessageRemoved};
use crate::kernel::event::{Applied, Event, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

/// An event by which something happened to a member.
pub(super) trait Measures: Event {
    /// As stored.
    const KIND: &'static str;

    /// What the member is told, if that is anything.
    fn reason(&self) -> Option<&str>;

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
                "insert into review.measure (measure, member, kind, reason, until, at) values ($1, $2, $3, $4, $5, $6)
                 on conflict do nothing",
                fact.id.uuid(),
                fact.event.key().uuid(),
                E::KIND,
                fact.event.reason(),
                fact.event.until(),
                fact.at
            );
            rows += done.execute(tx.conn()).await?.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}
