//! What the tables say once everything has settled: the promise, read from all modules at once.

use pancake::kernel::module::ListenerRecord;
use pancake::modules::registry;
use sqlx::{AssertSqlSafe, PgConnection, query_as, query_scalar};

use crate::wait;

/// Published here, under this name, and an alert of this kind.
const ALERTING: [(&str, &str, &str); 2] =
    [("flirt", "flirt-sent", "flirt"), ("profile", "profile-visited", "visit")];
/// Whoever keeps blocked pairs listens to this.
const BLOCKING: &str = "member-blocked";

/// Waits until every outbox is empty and every consumer is at the head of each of its sources, then looks
/// whether the promise was kept. Returns the number of flirts.
pub(crate) async fn kept(conn: &mut PgConnection) -> i64 {
    settled(conn).await;
    let registry = registry();
    for spec in registry.modules() {
        let schema = spec.schema;
        let gaps = format!(
            "select h.pos, count(j.pos), coalesce(max(j.pos), 0), count(distinct j.event)
             from {schema}.head h left join {schema}.journal j on true group by h.pos"
        );
        let (head, count, last, events): (i64, i64, i64, i64) =
            query_as(AssertSqlSafe(gaps)).fetch_one(&mut *conn).await.unwrap();
        assert_eq!((count, last, events), (head, head, head), "{schema}'s journal has gaps or repeats");
        let copies = |one: &ListenerRecord| one.module == spec.name && one.source != spec.name;
        if registry.listeners().iter().any(|one| copies(one) && one.event == BLOCKING) {
            let blocks = "select member, blocked, member from block.block
                          union all select blocked, member, member from block.block";
            same(conn, &format!("select viewer, other, blocker from {schema}.blocked_pair"), blocks).await;
        }
    }
    same(
        conn,
        "select flirt, sender, receiver from flirt.flirt",
        "select event, (payload->>'from')::uuid, (payload->>'to')::uuid from flirt.journal
         where name = 'flirt-sent'",
    )
    .await;
    same(
        conn,
        "select flirt, sender, receiver from flirt.flirt",
        "select alert, actor, member from alerts.alert where kind = 'flirt'",
    )
    .await;
    same(
        conn,
        "select sender, receiver from flirt.flirt where not answered",
        "select sender, receiver from profile.flirted",
    )
    .await;
    for (schema, name, kind) in ALERTING {
        let published = format!("select event from {schema}.journal where name = '{name}'");
        same(conn, &published, &format!("select alert from alerts.alert where kind = '{kind}'")).await;
        in_order(conn, schema, name).await;
    }
    query_scalar("select count(*) from flirt.flirt").fetch_one(conn).await.unwrap()
}

/// Waits until nothing is left to do: twice in a row, since a consumer may publish something itself.
pub(crate) async fn settled(conn: &mut PgConnection) {
    let mut last = None;
    wait::until("everything has settled", async || {
        let heads = heads(conn).await;
        let same = heads.is_some() && heads == last;
        last = heads;
        same
    })
    .await;
}

/// All heads, if every outbox is empty and every consumer has read everything.
async fn heads(conn: &mut PgConnection) -> Option<Vec<i64>> {
    let registry = registry();
    let mut heads = Vec::new();
    for spec in registry.modules() {
        let schema = spec.schema;
        let state = format!(
            "select pos, not exists (select from {schema}.outbox), (select count(*) from {schema}.dead_letter)
             from {schema}.head"
        );
        let (head, drained, parked): (i64, bool, i64) =
            query_as(AssertSqlSafe(state)).fetch_one(&mut *conn).await.unwrap();
        assert_eq!(parked, 0, "{schema} has dead letters");
        if !drained {
            return None;
        }
        for listener in registry.listeners().iter().filter(|one| one.source == spec.name) {
            let Some(reader) = registry.modules().iter().find(|other| other.name == listener.module) else {
                panic!("{} listens and is no module", listener.module)
            };
            if reader.name == spec.name {
                continue;
            }
            let offset = format!("select pos from {}.offsets where source = $1", reader.schema);
            let offset: Option<i64> =
                query_scalar(AssertSqlSafe(offset)).bind(spec.name).fetch_optional(&mut *conn).await.unwrap();
            if offset.unwrap_or_default() != head {
                return None;
            }
        }
        heads.push(head);
    }
    Some(heads)
}

/// Each event reached the listener once, and in the journal's order. An alert of the same event could not be there
/// twice anyway: so the attempts are counted.
async fn in_order(conn: &mut PgConnection, schema: &str, name: &str) {
    let seen = format!(
        "select j.pos from public.witness w join {schema}.journal j on j.event = w.event
         where j.name = '{name}' order by w.number"
    );
    let seen: Vec<i64> = query_scalar(AssertSqlSafe(seen)).fetch_all(&mut *conn).await.unwrap();
    let wrong: Vec<&[i64]> = seen.windows(2).filter(|pair| pair[0] >= pair[1]).collect();
    assert!(wrong.is_empty(), "alerts handled {schema}'s events twice or in another order: {wrong:?}");
    let published = format!("select count(*) from {schema}.journal where name = '{name}'");
    let published: i64 = query_scalar(AssertSqlSafe(published)).fetch_one(conn).await.unwrap();
    assert_eq!(i64::try_from(seen.len()), Ok(published), "alerts did not handle all of {schema}'s events");
}

/// Two queries with the same rows.
async fn same(conn: &mut PgConnection, one: &str, other: &str) {
    for (one, other) in [(one, other), (other, one)] {
        let sql = format!("select count(*) from (({one}) except all ({other})) as surplus");
        let surplus: i64 = query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *conn).await.unwrap();
        assert_eq!(surplus, 0, "rows of the first that the second has not:\n{one}\n{other}");
    }
}
