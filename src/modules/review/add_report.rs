//! Puts reports into the queue: one listener for every event that reports something.

use std::marker::PhantomData;

use super::item::{Kind, NewItem};
use super::report::{self, About, NewReport};
use crate::kernel::event::{Applied, Event, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::tx::Tx;
use crate::modules::chat::contract::MessageReported;
use crate::modules::profile::contract::ProfileReported;

/// An event that reports something.
pub(super) trait Reports: Event {
    /// Whom it is about, and what it says.
    fn report(&self) -> (MemberId, NewReport<'_>);
}

impl Reports for ProfileReported {
    fn report(&self) -> (MemberId, NewReport<'_>) {
        let Self { reporter, member, photo, text, cause, words } = self;
        let about = photo.map_or(About::Profile, About::Photo);
        (*member, NewReport { reporter: *reporter, about, text, cause: *cause, words })
    }
}

impl Reports for MessageReported {
    fn report(&self) -> (MemberId, NewReport<'_>) {
        let Self { reporter, member, number, text, cause, words, .. } = self;
        let about = About::Message(*number);
        (*member, NewReport { reporter: *reporter, about, text, cause: *cause, words })
    }
}

pub(super) struct AddReports<E>(PhantomData<fn(E)>);

impl<E> AddReports<E> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: Reports> Listener for AddReports<E> {
    type Event = E;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<E>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let (member, report) = fact.event.report();
            // Where the decision was read first, the item is there already, and only the report's words are added.
            let item = NewItem { id: fact.id, kind: Kind::Report, member, at: fact.at };
            item.add(tx).await?;
            rows += report.add(tx, fact.id).await?;
            report::rank(tx, report.reporter).await?;
        }
        Ok(Applied::rows(rows))
    }
}
