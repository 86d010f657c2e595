//! What the events have in common that decide on an item of the queue.

use super::item::Decision;
use crate::kernel::event::{Event, Recorded};
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
