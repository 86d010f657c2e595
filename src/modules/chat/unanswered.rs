//! How much one may write to a member who does not answer. With her next message it begins anew.
//!
//! Nothing is counted: the conversation knows who wrote what since then. What is withheld from her by a block counts as
//! everything does, or the writer would notice.

use sqlx::query;

use super::pair::Pair;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::kernel::tx::Tx;

/// Messages that wait for an answer. [`FULL`] says it, too.
const MESSAGES_MAX: u32 = 50;
/// Bytes of these: two of the longest that there can be, or some hundred thousand letters.
const BYTES_MAX: u32 = 256_000;

pub(super) const FULL: Problem = Problem::conflict(
    "chat.unanswered",
    "You have written as much to this member as one may without an answer: 50 messages, or 256,000 bytes. This one was \
     not sent. As soon as she or he writes back, you can go on.",
);

/// Refuses what would be too much. Under the lock of the conversation.
pub(super) async fn check(
    tx: &mut Tx,
    ctx: &Context,
    (from, to): (MemberId, MemberId),
    text: &str,
) -> Result<(), Failure> {
    let most = |count: u32| i64::from(count.saturating_mul(ctx.config().limits_factor));
    let Pair { one, two } = Pair::of(from, to);
    // From the end: it stops at her last message, and nobody has more after it than may be.
    let waiting = query!(
        r#"select count(*) as "messages!", coalesce(sum(octet_length(text)), 0) as "bytes!"
           from chat.message
           where one = $1 and two = $2 and sender = $3
             and number > coalesce((select number from chat.message
                                    where one = $1 and two = $2 and sender = $4 and not withheld
                                    order by number desc limit 1), 0)"#,
        one.uuid(),
        two.uuid(),
        from.uuid(),
        to.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    let bytes = i64::try_from(text.len()).unwrap_or(i64::MAX).saturating_add(waiting.bytes);
    if waiting.messages >= most(MESSAGES_MAX) || bytes > most(BYTES_MAX) {
        return Err(FULL.failure());
    }
    Ok(())
}
