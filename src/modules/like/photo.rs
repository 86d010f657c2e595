//! The photo that somebody wants to like, as she may see it.

use sqlx::{PgConnection, query};

use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::modules::media::contract::PhotoId;

pub(super) const OWN: Problem =
    Problem::conflict("like.own", "Nobody likes her own photos here. Look at those of others.");

/// Whose photo it is.
pub(super) struct Owner {
    pub(super) member: MemberId,
    pub(super) nickname: String,
}

/// A photo of another member that is approved, not deleted, not private, and of nobody whom a block hides. It stays so until
/// the transaction ends: who deletes it waits, and finds the like.
pub(super) async fn owner(
    conn: &mut PgConnection,
    viewer: MemberId,
    photo: PhotoId,
) -> Result<Owner, Failure> {
    let row = query!(
        "select p.member, c.nickname from likes.photo p join likes.card c on c.member = p.member
         where p.photo = $2 and p.approved is not null and not p.deleted and not p.private
           and not exists (select from likes.blocked_pair b where b.viewer = $1 and b.other = p.member)
         for share of p",
        viewer.uuid(),
        photo.uuid()
    )
    .fetch_optional(conn)
    .await?
    .ok_or_else(Failure::not_found)?;
    let member = MemberId::of(row.member);
    if member == viewer {
        return Err(OWN.failure());
    }
    Ok(Owner { member, nickname: row.nickname })
}
