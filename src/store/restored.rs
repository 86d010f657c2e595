//! Notices that a module's data were restored from a backup, or moved: its table `head` is another one than was written down, or
//! is on another server, or that server has another history since. Then a new epoch of its journal begins, so that nobody takes
//! what is published from now on for what was lost, or what was lost for what was never published.
//!
//! Epochs are milliseconds since 1970, the first one, too: a backup does not know how far they had come when it was
//! restored before.

use sqlx::{AssertSqlSafe, PgConnection, query_as, query_scalar};

use crate::kernel::clock::machine_millis;
use crate::kernel::module::ModuleSpec;

/// The server and its history. Nothing where nobody can write: then nothing new is published, either.
const SERVER: &str = "
    select (select system_identifier from pg_control_system()) || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
           || '/' || (select oid from pg_database where datname = current_database())
    where not pg_is_in_recovery() and not current_setting('transaction_read_only')::boolean";

/// Looks at modules that live in this database, and begins new epochs.
pub(super) async fn notice(conn: &mut PgConnection, specs: &[&ModuleSpec]) -> Result<(), sqlx::Error> {
    let Some(server): Option<String> = query_scalar(SERVER).fetch_optional(&mut *conn).await? else {
        return Ok(());
    };
    let each = specs.iter().map(|spec| {
        let schema = spec.schema;
        format!("select '{schema}', $1 || '/' || '{schema}.head'::regclass::oid, body from {schema}.head")
    });
    let all = each.collect::<Vec<_>>().join(" union all ");
    if all.is_empty() {
        return Ok(());
    }
    let bodies: Vec<(String, String, Option<String>)> =
        query_as(AssertSqlSafe(all)).bind(server).fetch_all(&mut *conn).await?;
    for (schema, body, known) in bodies {
        if known.as_ref() != Some(&body)
            && let Some((epoch, pos)) = begin(conn, &schema, &body).await?
        {
            tracing::warn!(
                schema,
                epoch,
                pos,
                "restored from a backup, or moved: a new epoch of the journal begins"
            );
        }
    }
    Ok(())
}

/// Writes down what it is now. Returns the epoch and where it begins, unless nothing was written down before, or another node
/// was a moment earlier.
async fn begin(conn: &mut PgConnection, schema: &str, body: &str) -> Result<Option<(i64, i64)>, sqlx::Error> {
    let sql = format!(
        "with before as (select body from {schema}.head for update),
              begun as (
                  update {schema}.head set body = $1, epoch = case when before.body is null and pos > 0 then epoch
                      else greatest(epoch + 1, $2) end
                  from before where head.body is distinct from $1
                  returning head.epoch, head.pos, before.body is not null as restored)
         insert into {schema}.epoch (epoch, after) select epoch, pos from begun where restored returning epoch, after"
    );
    query_as(AssertSqlSafe(sql)).bind(body).bind(machine_millis()).fetch_optional(conn).await
}
