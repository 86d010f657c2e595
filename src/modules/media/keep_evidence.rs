//! Writes down which photos are evidence: reported, and not decided on since.

use std::marker::PhantomData;

use sqlx::query;

use super::contract::PhotoId;
use crate::kernel::event::{Applied, Event, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::profile::contract::ProfileReported;
use crate::modules::review::contract::{ReportDismissed, ReportUpheld};

pub(super) struct AddEvidence;

impl Listener for AddEvidence {
    type Event = ProfileReported;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<ProfileReported>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let Some(photo) = fact.event.photo else { continue };
            let done = query!(
                "insert into media.evidence as known (photo, reporter, reported) values ($1, $2, $3)
                 on conflict (photo, reporter) do update set reported = excluded.reported
                 where known.reported < excluded.reported",
                photo.uuid(),
                fact.event.reporter.uuid(),
                fact.at
            );
            rows += done.execute(tx.conn()).await?.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}

/// An event that decides on a report.
pub(super) trait EndsEvidence: Event {
    /// Who reported which photo; none where it was something else.
    fn reported(&self) -> Option<(MemberId, PhotoId)>;
}

impl EndsEvidence for ReportUpheld {
    fn reported(&self) -> Option<(MemberId, PhotoId)> {
        Some((self.reporter, self.photo?))
    }
}

impl EndsEvidence for ReportDismissed {
    fn reported(&self) -> Option<(MemberId, PhotoId)> {
        Some((self.reporter, self.photo?))
    }
}

pub(super) struct EndEvidence<E>(PhantomData<fn(E)>);

impl<E> EndEvidence<E> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: EndsEvidence> Listener for EndEvidence<E> {
    type Event = E;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<E>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let Some((reporter, photo)) = fact.event.reported() else { continue };
            let done = query!(
                "insert into media.evidence as known (photo, reporter, decided) values ($1, $2, $3)
                 on conflict (photo, reporter) do update set decided = excluded.decided
                 where known.decided < excluded.decided",
                photo.uuid(),
                reporter.uuid(),
                fact.at
            );
            rows += done.execute(tx.conn()).await?.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}
