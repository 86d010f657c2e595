//! Logins: opened with a random token, found by its hash, ended by idling, by age or by hand.

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::{query, query_scalar};

use super::SPEC;
use crate::bus::Signal;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, SessionId, TypedId};
use crate::kernel::tx::Tx;
use crate::shared::places;
use crate::web::visitor::{Actor, SessionStore, State, Token, TokenHash};

/// Logins of one member; the one unused for longest ends when there are more.
const SESSIONS_MAX: i64 = 50;

pub(super) struct Store;

impl SessionStore for Store {
    fn find<'a>(
        &'a self,
        ctx: &'a Context,
        token: TokenHash,
    ) -> BoxFuture<'a, Result<Option<Actor>, Failure>> {
        find(ctx, token).boxed()
    }

    fn open<'a>(
        &'a self,
        ctx: &'a Context,
        sessions: &'a [SessionId],
    ) -> BoxFuture<'a, Result<Vec<SessionId>, Failure>> {
        still_open(ctx, sessions).boxed()
    }

    fn touch<'a>(&'a self, ctx: &'a Context, session: SessionId) -> BoxFuture<'a, Result<(), Failure>> {
        touch(ctx, session).boxed()
    }
}

/// The oldest times of start and of last use with which a login still lives.
pub(super) fn alive_since(ctx: &Context) -> (DateTime<Utc>, DateTime<Utc>) {
    let (now, config) = (ctx.now(), ctx.config());
    let days = |days: u16| TimeDelta::days(i64::from(days));
    (now - days(config.session_days), now - days(config.session_idle_days))
}

/// Opens a login for a member and returns its token, the only time that it is seen.
///
/// # Errors
/// If the database does not answer.
pub async fn open(ctx: &Context, tx: &mut Tx, member: MemberId, device: &str) -> Result<Token, Failure> {
    let token = Token::random();
    query!(
        "insert into register.session (session, member, token, device, started, used)
         values ($1, $2, $3, $4, $5, $5)",
        ctx.new_id::<SessionId>().uuid(),
        member.uuid(),
        &token.hash().0,
        device,
        tx.now()
    )
    .execute(tx.conn())
    .await?;
    query!(
        "delete from register.session where session in (
             select session from register.session where member = $1
             order by used desc, session desc offset $2)",
        member.uuid(),
        SESSIONS_MAX
    )
    .execute(tx.conn())
    .await?;
    Ok(token)
}

/// Ends logins of a member: one, or all but one, or all.
pub(super) async fn end(
    tx: &mut Tx,
    member: MemberId,
    only: Option<SessionId>,
    but: Option<SessionId>,
) -> Result<usize, Failure> {
    let ended = query!(
        "delete from register.session
         where member = $1 and ($2::uuid is null or session = $2) and ($3::uuid is null or session <> $3)
         returning session",
        member.uuid(),
        only.map(TypedId::uuid),
        but.map(TypedId::uuid)
    )
    .fetch_all(tx.conn())
    .await?;
    ended.iter().for_each(|row| tx.signal(Signal::SessionEnded(SessionId::of(row.session))));
    Ok(ended.len())
}

async fn find(ctx: &Context, token: TokenHash) -> Result<Option<Actor>, Failure> {
    let (started, used) = alive_since(ctx);
    let row = query!(
        r#"select s.session, s.used, m.member, m.nickname, m.state, m.place,
                  exists (select from register.role r where r.member = m.member and r.role = 'reviewer') as "reviewer!",
                  exists (select from register.role r where r.member = m.member and r.role = 'admin') as "admin!"
           from register.session s join register.member m on m.member = s.member
           where s.token = $1 and s.started > $2 and s.used > $3
             and not exists (select from register.suspension u where u.member = m.member)
             and not exists (select from register.exclusion x
                             where x.member = m.member and (s.started <= x.at or x.until is null or x.until > $4))"#,
        &token.0,
        started,
        used,
        ctx.now()
    )
    .fetch_optional(ctx.pool(&SPEC))
    .await?;
    Ok(row.map(|row| Actor {
        id: MemberId::of(row.member),
        nickname: row.nickname,
        session: SessionId::of(row.session),
        state: match row.state.as_str() {
            "approved" => State::Approved,
            "rejected" => State::Rejected,
            _ => State::Waiting,
        },
        zone: places::zone(&row.place),
        reviewer: row.reviewer,
        admin: row.admin,
        used: row.used,
    }))
}

async fn still_open(ctx: &Context, sessions: &[SessionId]) -> Result<Vec<SessionId>, Failure> {
    let (started, used) = alive_since(ctx);
    Ok(query_scalar!(
        r#"select s.session as "session: SessionId"
           from register.session s join register.member m on m.member = s.member
           where s.session = any($1) and s.started > $2 and s.used > $3 and m.state = 'approved'
             and not exists (select from register.suspension u where u.member = m.member)
             and not exists (select from register.exclusion x
                             where x.member = m.member and (s.started <= x.at or x.until is null or x.until > $4))"#,
        &sessions.iter().map(|session| session.uuid()).collect::<Vec<_>>(),
        started,
        used,
        ctx.now()
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?)
}

async fn touch(ctx: &Context, session: SessionId) -> Result<(), Failure> {
    query!(
        "update register.session set used = $2 where session = $1 and used < $2",
        session.uuid(),
        ctx.now()
    )
    .execute(ctx.pool(&SPEC))
    .await?;
    Ok(())
}
