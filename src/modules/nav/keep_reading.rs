//! Reading a thread makes it read, up to a message.

use std::collections::BTreeMap;

use sqlx::query_scalar;

use crate::event::{Applied, Fact, Listener};
use crate::failure::Failure;
use crate::id::{MemberId, TypedId};
use crate::kit::versions;
use crate::modules::chat::contract::MemberReadThread;
use crate::tx::Tx;

pub(super) struct KeepReading;

impl Listener for KeepReading {
    type Event = MemberReadThread;

    async fn handle(&self, tx: &mut Tx, facts: &[Fact<MemberReadThread>]) -> Result<Applied, Failure> {
        let marks: BTreeMap<_, _> =
            facts.iter().map(|f| ((f.event.member.uuid(), f.event.with.uuid()), f.event.up_to)).collect();
        let (threads, marks): (Vec<_>, Vec<_>) = marks.into_iter().unzip();
        let (members, others): (Vec<_>, Vec<_>) = threads.into_iter().unzip();
        let told = query_scalar!(
            r#"update nav.thread t set read_to = row.read_to
               from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as row (member, other, read_to)
               where t.member = row.member and t.other = row.other and t.read_to < row.read_to
               returning t.member as "member: MemberId""#,
            &members,
            &others,
            &marks
        )
        .fetch_all(tx.conn())
        .await?;
        let applied = Applied::any(&told);
        versions::bump(tx, told).await?;
        Ok(applied)
    }
}
