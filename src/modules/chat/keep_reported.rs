//! Writes down which messages were reported, and removes those that a reviewer has removed: the text goes, the message
//! stays in its place.

use sqlx::query;

use super::contract::MessageReported;
use super::message::REMOVED;
use super::pair::Pair;
use crate::kernel::event::{Applied, Listener, Recorded};
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::kernel::tx::Tx;
use crate::modules::review::contract::MessageRemoved;
use crate::shared::versions;

pub(super) struct KeepReported;
pub(super) struct RemoveMessages;

impl Listener for KeepReported {
    type Event = MessageReported;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MessageReported>]) -> Result<Applied, Failure> {
        let events = || facts.iter().map(|fact| &fact.event);
        let done = query!(
            "insert into chat.reported (reporter, member, number)
             select * from unnest($1::uuid[], $2::uuid[], $3::bigint[]) on conflict do nothing",
            &events().map(|e| e.reporter.uuid()).collect::<Vec<_>>(),
            &events().map(|e| e.member.uuid()).collect::<Vec<_>>(),
            &events().map(|e| e.number).collect::<Vec<_>>()
        );
        Ok(Applied::rows(done.execute(tx.conn()).await?.rows_affected()))
    }
}

impl Listener for RemoveMessages {
    type Event = MessageRemoved;

    async fn handle(&self, tx: &mut Tx, facts: &[Recorded<MessageRemoved>]) -> Result<Applied, Failure> {
        let mut rows = 0;
        for MessageRemoved { member, to, number, .. } in facts.iter().map(|fact| &fact.event) {
            let done = query!(
                "insert into chat.removed (sender, receiver, number) values ($1, $2, $3) on conflict do nothing",
                member.uuid(),
                to.uuid(),
                number
            );
            rows += done.execute(tx.conn()).await?.rows_affected();
            let Pair { one, two } = Pair::of(*member, *to);
            let done = query!(
                "update chat.message set text = $4, removed = true
                 where one = $1 and two = $2 and number = $3 and not removed",
                one.uuid(),
                two.uuid(),
                number,
                REMOVED
            );
            if done.execute(tx.conn()).await?.rows_affected() > 0 {
                versions::bump(tx, [*member, *to]).await?;
            }
        }
        Ok(Applied::rows(rows))
    }
}
