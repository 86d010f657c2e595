//! Writes down which photos are evidence: reported, and not decided on.

use std::marker::PhantomData;

use sqlx::query;

use crate::kernel::event::{Applied, Event, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::profile::contract::ProfileReported;
use crate::modules::review::contract::{ItemId, ReportDismissed, ReportUpheld};

pub(super) struct AddEvidence;

impl Listener for AddEvidence {
    type Event = ProfileReported;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<ProfileReported>]) -> Result<Applied, Failure> {
        let photos = || facts.iter().filter_map(|fact| Some((fact.id, fact.event.photo?)));
        let done = query!(
            "insert into media.evidence (report, photo, decided)
             select *, false from unnest($1::uuid[], $2::uuid[])
             on conflict (report) do update set photo = excluded.photo",
            &photos().map(|(report, _)| report.uuid()).collect::<Vec<_>>(),
            &photos().map(|(_, photo)| photo.uuid()).collect::<Vec<_>>()
        );
        Ok(Applied::rows(done.execute(tx.conn()).await?.rows_affected()))
    }
}

/// An event that decides on a report.
pub(super) trait Decides: Event {
    fn report(&self) -> ItemId;
}

impl Decides for ReportUpheld {
    fn report(&self) -> ItemId {
        self.report
    }
}

impl Decides for ReportDismissed {
    fn report(&self) -> ItemId {
        self.report
    }
}

pub(super) struct EndEvidence<E>(PhantomData<fn(E)>);

impl<E> EndEvidence<E> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: Decides> Listener for EndEvidence<E> {
    type Event = E;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<E>]) -> Result<Applied, Failure> {
        let done = query!(
            "insert into media.evidence as known (report, decided) select *, true from unnest($1::uuid[])
             on conflict (report) do update set decided = true where not known.decided",
            &facts.iter().map(|fact| fact.event.report().uuid()).collect::<Vec<_>>()
        );
        Ok(Applied::rows(done.execute(tx.conn()).await?.rows_affected()))
    }
}
