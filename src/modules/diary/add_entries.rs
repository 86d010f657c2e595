//! Writes into a member's diary what she did: one listener for every event that stands there.

use std::marker::PhantomData;

use sqlx::query;

use super::entry::{Entry, Noted};
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;

/// Writes entries of one kind.
pub(super) struct AddEntries<E>(PhantomData<fn(E)>);

impl<E> AddEntries<E> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: Noted> Listener for AddEntries<E> {
    type Event = E;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<E>]) -> Result<Applied, Failure> {
        let entries: Vec<Entry> = facts.iter().map(|fact| fact.event.entry()).collect();
        let done = query!(
            "insert into diary.entry (entry, member, kind, other, photo, at)
             select entry, member, $1, other, photo, at
             from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[])
                  as row (entry, member, other, photo, at)
             on conflict (entry) do nothing",
            E::KIND.code(),
            &facts.iter().map(|fact| fact.id.uuid()).collect::<Vec<_>>(),
            &entries.iter().map(|entry| entry.member.uuid()).collect::<Vec<_>>(),
            &entries.iter().map(|entry| entry.other.uuid()).collect::<Vec<_>>(),
            &entries.iter().map(|entry| entry.photo.map(TypedId::uuid)).collect::<Vec<_>>() as _,
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}
