//! What somebody has to be able to look into later: failed logins, refusals, changes of roles, suspensions.
//!
//! The lines have the target `security` of their own. They name a member by a keyed hash, so that a log that is read by
//! others, or lost, tells of nobody: `pancake admin who <hash>` says who it is. The same holds for networks, which nobody
//! can turn back: equal hashes are the same network.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::address::{client, network};
use super::secret::Secret;
use super::visitor::Visitor;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::people::DecidedBy;
use crate::shared::text::hex;

const OF_MEMBERS: &str = "security-log-member";
const OF_NETWORKS: &str = "security-log-network";
/// Bytes of a hash: enough that no two members of a site share one.
const HASH_BYTES: usize = 8;
/// Stands where there is nobody.
const NOBODY: &str = "-";
/// Stands where the database could not be asked for the key.
const UNKNOWN: &str = "?";

/// The hash that stands for a member: 16 hexadecimal digits.
pub fn hash_of(secret: &Secret, member: MemberId) -> String {
    shortened(secret.sign(OF_MEMBERS, &[member.uuid().as_bytes()]))
}

/// Whom something happened to, by whom, and from where.
#[derive(Debug, Clone, Copy, Default)]
pub struct About {
    pub member: Option<MemberId>,
    pub by: Option<DecidedBy>,
    pub from: Option<IpAddr>,
}

/// Notes what has happened.
pub async fn note(ctx: &Context, happened: &'static str, about: About) {
    let secret = Secret::of(ctx).await.ok();
    let member = member(secret, about.member);
    let by = match about.by {
        Some(DecidedBy::Operator(_)) => "operator".to_owned(),
        Some(DecidedBy::Member(by)) => self::member(secret, Some(by)),
        None => NOBODY.to_owned(),
    };
    let from = about.from.map_or_else(|| NOBODY.to_owned(), |from| place(secret, from));
    tracing::info!(target: "security", happened, member, by, from, "security");
}

/// Notes requests that were refused since nobody may do that, or not so often.
pub async fn watch(State(ctx): State<Context>, request: Request, next: Next) -> Response {
    let from = client(&request, ctx.config());
    let response = next.run(request).await;
    let Some(failure) = response.extensions().get::<Failure>() else { return response };
    if matches!(failure.status(), StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS) {
        let secret = Secret::of(&ctx).await.ok();
        let actor = response.extensions().get::<Visitor>().and_then(|visitor| visitor.actor.as_ref());
        let (member, from) = (member(secret, actor.map(|actor| actor.id)), place(secret, from));
        tracing::info!(target: "security", happened = "refused", code = failure.code(), member, from, "security");
    }
    response
}

fn member(secret: Option<&Secret>, member: Option<MemberId>) -> String {
    let Some(member) = member else { return NOBODY.to_owned() };
    secret.map_or_else(|| UNKNOWN.to_owned(), |secret| hash_of(secret, member))
}

fn place(secret: Option<&Secret>, from: IpAddr) -> String {
    let signed = |secret: &Secret| secret.sign(OF_NETWORKS, &[network(from).to_string().as_bytes()]);
    secret.map_or_else(|| UNKNOWN.to_owned(), |secret| shortened(signed(secret)))
}

fn shortened(signature: [u8; 32]) -> String {
    hex(&signature[..HASH_BYTES])
}
