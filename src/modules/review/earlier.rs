//! What reviewers decided earlier on the members of one page of the queue. The page shows it to the reviewer.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use super::item::Kind;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};

/// Decisions of a member.
const EARLIER_MAX: i64 = 3;

/// An earlier decision.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "EarlierDecision")]
pub(super) struct Earlier {
    pub(super) kind: Kind,
    #[schemars(extend("enum" = ["approved", "rejected", "upheld", "dismissed"]))]
    pub(super) decision: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    pub(super) at: DateTime<Utc>,
}

/// The newest ones of each, newest first.
pub(super) async fn of(
    ctx: &Context,
    members: &[MemberId],
) -> Result<HashMap<MemberId, Vec<Earlier>>, Failure> {
    let members: Vec<_> = members.iter().map(|member| member.uuid()).collect();
    let rows = query!(
        r#"select m.member as "member!: MemberId", d.kind as "kind!: Kind", d.decision as "decision!", d.reason,
                  d.decided_at as "at!"
           from (select distinct member from unnest($1::uuid[]) as asked (member)) as m
           cross join lateral (
               select i.kind, i.decision, i.reason, i.decided_at, i.item from review.item i
               where i.member = m.member and i.decided_at is not null
               order by i.decided_at desc limit $2) as d
           order by d.decided_at desc, d.item desc"#,
        &members,
        EARLIER_MAX
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    let mut earlier: HashMap<MemberId, Vec<Earlier>> = HashMap::new();
    for row in rows {
        let decision = Earlier { kind: row.kind, decision: row.decision, reason: row.reason, at: row.at };
        earlier.entry(row.member).or_default().push(decision);
    }
    Ok(earlier)
}
