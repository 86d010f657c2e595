//! Writes decisions down: one listener for every event that decides on an item of the queue.

use std::marker::PhantomData;

use super::decides::Decides;
use super::item::Decision;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::tx::Tx;

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
