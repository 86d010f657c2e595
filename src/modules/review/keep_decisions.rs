//! Writes decisions down: one listener for every event that decides on an item of the queue.

use std::marker::PhantomData;

use super::item::Decision;
use crate::kernel::event::{Applied, Event, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::tx::Tx;
use crate::shared::people::DecidedBy;

/// An event that decides on an item.
pub(super) trait Decides: Event {
    /// As stored and as in JSON.
    const DECISION: &'static str;

    /// Who decided, and the reason that the member reads; an approval has none.
    fn verdict(&self) -> (DecidedBy, Option<&str>);

    /// Finds what it decides on, and writes the decision there. Returns how many rows changed: none where it is the
    /// same again.
    fn keep(
        fact: &Recorded<Self>,
        tx: &mut Tx,
        decision: &Decision<'_>,
    ) -> impl Future<Output = Result<u64, Failure>> + Send;
}

pub(super) struct KeepDecisions<E>(PhantomData<fn(E)>);

impl<E> KeepDecisions<E> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: Decides> Listener for KeepDecisions<E> {
    type Event = E;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<E>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for fact in facts {
            let (by, reason) = fact.event.verdict();
            rows += E::keep(fact, tx, &Decision { name: E::DECISION, reason, by, at: fact.at }).await?;
        }
        Ok(Applied::rows(rows))
    }
}
