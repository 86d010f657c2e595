//! What was sent with a key of the sender's own: the same again is the same message.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{query, query_as};

use super::pair::Pair;
use crate::kernel::failure::{Failure, OnConstraint};
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::kernel::tx::Tx;
use crate::web::idempotency::SendingKey;

/// How long a key is remembered.
const KEPT: TimeDelta = TimeDelta::days(1);

pub(super) const REUSED: Problem = Problem::field(
    "chat.key-reused",
    "This Idempotency-Key was used for another message. Use a new one for every message.",
);

/// A message that was sent with a key.
pub(super) struct Sent {
    receiver: MemberId,
    pub(super) number: i64,
    pub(super) at: DateTime<Utc>,
    text: Option<String>,
}

/// What was sent with a key before, if that was the same.
pub(super) async fn before(
    tx: &mut Tx,
    key: &SendingKey,
    (from, to): (MemberId, MemberId),
    text: &str,
) -> Result<Option<Sent>, Failure> {
    let Pair { one, two } = Pair::of(from, to);
    let sent = query_as!(
        Sent,
        r#"select s.receiver as "receiver: MemberId", s.number, s.at, m.text as "text?"
           from chat.sending s
           left join chat.message m on m.one = $3 and m.two = $4 and m.number = s.number
           where s.sender = $1 and s.key = $2"#,
        from.uuid(),
        key.as_str(),
        one.uuid(),
        two.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    match sent {
        Some(sent) if sent.receiver != to || sent.text.as_deref() != Some(text) => {
            Err(REUSED.at("Idempotency-Key"))
        }
        sent => Ok(sent),
    }
}

/// Remembers a key, and forgets the sender's old ones.
pub(super) async fn remember(
    tx: &mut Tx,
    key: &SendingKey,
    (from, to): (MemberId, MemberId),
    number: i64,
) -> Result<(), Failure> {
    let now = tx.now();
    query!(
        "with forgotten as (delete from chat.sending where sender = $1 and at < $6)
         insert into chat.sending (sender, key, receiver, number, at) values ($1, $2, $3, $4, $5)",
        from.uuid(),
        key.as_str(),
        to.uuid(),
        number,
        now,
        now - KEPT
    )
    .execute(tx.conn())
    .await
    // At the same moment it was used for somebody else.
    .on_constraint("sending_key", || REUSED.at("Idempotency-Key"))?;
    Ok(())
}
