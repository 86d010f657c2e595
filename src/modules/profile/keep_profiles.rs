//! Writes down what a profile says: from the approval, and from approved presentations.

use sqlx::query;

use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::review::contract::{PresentationApproved, PresentationRejected, RegistrationApproved};

pub(super) struct KeepProfiles;

impl Listener for KeepProfiles {
    type Event = RegistrationApproved;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<RegistrationApproved>],
    ) -> Result<Applied, Failure> {
        let events = || facts.iter().map(|fact| &fact.event);
        let done = query!(
            "insert into profile.profile (member, ideal_gender, ideal_from, ideal_to, ideal_place, at)
             select * from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::text[], $6::timestamptz[])
             on conflict (member) do nothing",
            &events().map(|e| e.member.uuid()).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.gender.code().to_owned()).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.from).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.to).collect::<Vec<_>>(),
            &events().map(|e| e.ideal.place.clone()).collect::<Vec<_>>() as _,
            &facts.iter().map(|fact| fact.at).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        Ok(Applied::rows(done.rows_affected()))
    }
}

pub(super) struct KeepPresentations;

impl Listener for KeepPresentations {
    type Event = PresentationApproved;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PresentationApproved>],
    ) -> Result<Applied, Failure> {
        let mut rows = 0;
        for PresentationApproved { member, text, .. } in facts.iter().map(|fact| &fact.event) {
            let done = query!(
                "insert into profile.presentation (member, text) values ($1, $2)
                 on conflict (member) do update set text = excluded.text where presentation.text <> excluded.text",
                member.uuid(),
                text
            )
            .execute(tx.conn())
            .await?;
            rows += done.rows_affected();
        }
        Ok(Applied::rows(rows))
    }
}

/// A text that was public, and that a reviewer has removed.
pub(super) struct RemovePresentations;

impl Listener for RemovePresentations {
    type Event = PresentationRejected;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<PresentationRejected>],
    ) -> Result<Applied, Failure> {
        let events = || facts.iter().map(|fact| &fact.event);
        let done = query!(
            "delete from profile.presentation p using unnest($1::uuid[], $2::text[]) as said (member, text)
             where p.member = said.member and p.text = said.text",
            &events().map(|e| e.member.uuid()).collect::<Vec<_>>(),
            &events().map(|e| e.text.clone()).collect::<Vec<_>>()
        );
        Ok(Applied::rows(done.execute(tx.conn()).await?.rows_affected()))
    }
}
