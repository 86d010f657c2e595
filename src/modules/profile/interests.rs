//! What a member likes to do, as her profile shows it.

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::interests::{self, InterestId};
use crate::web::visitor::Actor;

/// An interest of one member. She may have 15.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProfileInterest {
    pub(super) interest: InterestId,
    /// As pages show it.
    pub(super) name: String,
    /// The reader picked it, too; never on one's own profile.
    pub(super) in_common: bool,
}

/// Those in common first, each part by name.
pub(super) async fn of(
    ctx: &Context,
    actor: &Actor,
    member: MemberId,
) -> Result<Vec<ProfileInterest>, Failure> {
    let rows = query!(
        r#"select i.interest as "interest: InterestId",
                  $1::uuid <> $2::uuid and exists (select from profile.interested o
                                       where o.member = $1 and o.interest = i.interest) as "in_common!"
           from profile.interested i where i.member = $2"#,
        actor.id.uuid(),
        member.uuid()
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    let named = rows.into_iter().filter_map(|row| {
        let name = interests::name(&row.interest.0)?.to_owned();
        Some(ProfileInterest { interest: row.interest, name, in_common: row.in_common })
    });
    let mut named: Vec<_> = named.collect();
    named.sort_by_cached_key(|one| (!one.in_common, one.name.clone()));
    Ok(named)
}
