//! How a member stands to another in a conversation: what every action of a thread asks first.

use sqlx::query_as;

use super::pair::Pair;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;

pub(super) const SELF: Problem =
    Problem::conflict("chat.self", "Nobody chats with herself here. Write to somebody nice!");

/// What a member may do in her conversation with another.
#[derive(Debug, Clone, Copy)]
pub(super) struct ThreadAccess {
    /// She has blocked the other one.
    blocks: bool,
    /// The other one has blocked her. She must not notice.
    pub(super) blocked: bool,
    /// The number of the newest message of the two, whoever sees it; none before the first.
    pub(super) newest: Option<i64>,
    /// The number of the newest message that she sees.
    pub(super) seen: Option<i64>,
    /// How far she has read.
    pub(super) read_to: i64,
    /// Messages to her after that.
    pub(super) unread: i32,
    /// The number of the first of these.
    pub(super) first_unread: Option<i64>,
    /// How far the other one has read.
    pub(super) others_read_to: i64,
}

impl ThreadAccess {
    /// 404 for whom she may not know: somebody unknown, somebody she has blocked, and somebody who has blocked
    /// her, unless the two have an old thread: that stays hers.
    pub(super) async fn of(
        db: impl sqlx::PgExecutor<'_>,
        member: MemberId,
        other: MemberId,
    ) -> Result<Self, Failure> {
        if member == other {
            return Err(SELF.failure());
        }
        let Pair { one, two } = Pair::of(member, other);
        let thread_access = query_as!(
            Self,
            r#"select exists (select from chat.blocked_pair p
                              where p.viewer = $1 and p.other = $2 and p.blocker = $1) as "blocks!",
                      exists (select from chat.blocked_pair p
                              where p.viewer = $1 and p.other = $2 and p.blocker = $2) as "blocked!",
                      v.newest as "newest?", t.newest as "seen?", coalesce(t.read_to, 0) as "read_to!",
                      coalesce(t.unread, 0) as "unread!", coalesce(o.read_to, 0) as "others_read_to!",
                      (select m.number from chat.message m
                       where t.unread > 0 and m.one = $3 and m.two = $4 and m.number > t.read_to
                         and m.sender = $2 and not m.withheld
                       order by m.number limit 1) as "first_unread?"
               from chat.card c
               left join chat.conversation v on v.one = $3 and v.two = $4
               left join chat.thread t on t.member = $1 and t.other = $2
               left join chat.thread o on o.member = $2 and o.other = $1
               where c.member = $2"#,
            member.uuid(),
            other.uuid(),
            one.uuid(),
            two.uuid()
        )
        .fetch_optional(db)
        .await?;
        let hidden = |thread_access: &Self| {
            thread_access.blocks || (thread_access.blocked && thread_access.seen.is_none())
        };
        thread_access.filter(|thread_access| !hidden(thread_access)).ok_or_else(Failure::not_found)
    }
}
