//! Writes down who registered, and what reviewers decided.

use sqlx::query;

use super::contract::MemberRegistered;
use super::person;
use crate::bus::Signal;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::{Failure, OnConstraint};
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::tx::Tx;
use crate::modules::review::contract::{RegistrationApproved, RegistrationRejected};

pub(super) struct KeepMembers;

impl Listener for KeepMembers {
    type Event = MemberRegistered;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MemberRegistered>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for MemberRegistered { member, nickname, gender, birthday, ideal, place, application } in
            facts.iter().map(|fact| &fact.event)
        {
            let done = query!(
                "insert into register.member (member, nickname, gender, birthday, ideal_gender, ideal_from,
                                              ideal_to, ideal_place, place, state, application)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10)
                 on conflict (member) do update set
                     nickname = excluded.nickname, gender = excluded.gender, birthday = excluded.birthday,
                     ideal_gender = excluded.ideal_gender, ideal_from = excluded.ideal_from,
                     ideal_to = excluded.ideal_to, ideal_place = excluded.ideal_place,
                     place = excluded.place, state = 'waiting', reason = null,
                     application = excluded.application
                 where member.application < excluded.application",
                member.uuid(),
                nickname,
                gender.code(),
                birthday,
                ideal.gender.code(),
                ideal.from,
                ideal.to,
                ideal.place,
                place,
                application
            )
            .execute(tx.conn())
            .await
            .on_constraint("member_nickname_key", || person::NICKNAME_TAKEN.at("nickname"))?;
            rows += done.rows_affected();
            tx.signal(Signal::ActorChanged(*member));
        }
        Ok(Applied::rows(rows))
    }
}

pub(super) struct Approve;

impl Listener for Approve {
    type Event = RegistrationApproved;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<RegistrationApproved>],
    ) -> Result<Applied, Failure> {
        let members: Vec<MemberId> = facts.iter().map(|fact| fact.event.member).collect();
        let done = query!(
            "update register.member set state = 'approved', reason = null
             where member = any($1) and state <> 'approved'",
            &members.iter().map(|member| member.uuid()).collect::<Vec<_>>()
        )
        .execute(tx.conn())
        .await?;
        members.into_iter().for_each(|member| tx.signal(Signal::ActorChanged(member)));
        Ok(Applied::rows(done.rows_affected()))
    }
}

pub(super) struct Reject;

impl Listener for Reject {
    type Event = RegistrationRejected;

    async fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<RegistrationRejected>],
    ) -> Result<Applied, Failure> {
        let mut rows = 0;
        for RegistrationRejected { member, reason, .. } in facts.iter().map(|fact| &fact.event) {
            let done = query!(
                "update register.member set state = 'rejected', reason = $2
                 where member = $1 and state = 'waiting'",
                member.uuid(),
                reason
            )
            .execute(tx.conn())
            .await?;
            rows += done.rows_affected();
            tx.signal(Signal::ActorChanged(*member));
        }
        Ok(Applied::rows(rows))
    }
}
