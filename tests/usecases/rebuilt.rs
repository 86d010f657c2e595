//! Writes every module's tables anew from the journals: they have to be the same as before.

use std::collections::BTreeMap;

use pancake::bus::rebuild::{projected, rebuild};
use pancake::stage::Stage;
use pancake::store::unit::Unit;
use serde_json::Value;
use sqlx::{AssertSqlSafe, query_as};

/// Rows by table, in an order of their own.
type Tables = BTreeMap<String, Vec<Value>>;

/// Rebuilds all modules. Every difference is named.
pub(crate) async fn compare(stage: &Stage) -> Result<(), String> {
    let mut differences = Vec::new();
    for unit in stage.ctx.units() {
        let before = tables(unit).await?;
        if before.is_empty() {
            continue;
        }
        rebuild(&stage.ctx, unit).await.map_err(|error| format!("{}: {error}", unit.spec.name))?;
        let after = tables(unit).await?;
        for (table, rows) in &before {
            let anew = after.get(table).map(Vec::as_slice).unwrap_or_default();
            let gone = rows.iter().filter(|row| !anew.contains(row));
            differences.extend(gone.map(|row| format!("- {table}: a rebuild loses {row}")));
            let added = anew.iter().filter(|row| !rows.contains(row));
            differences.extend(added.map(|row| format!("- {table}: a rebuild adds {row}")));
            if rows.len() != anew.len() {
                differences.push(format!("- {table}: {} rows were {}", anew.len(), rows.len()));
            }
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n")) }
}

/// What is in the tables of a module that events can restore.
async fn tables(unit: &Unit) -> Result<Tables, String> {
    let names = projected(unit, &unit.pool).await.map_err(|error| error.to_string())?;
    if names.is_empty() {
        return Ok(Tables::new());
    }
    let all: Vec<String> = names
        .iter()
        .map(|name| format!("select '{name}' as name, (select jsonb_agg(to_jsonb(t)) from {name} t) as rows"))
        .collect();
    let rows: Vec<(String, Option<Value>)> = query_as(AssertSqlSafe(all.join(" union all ")))
        .fetch_all(&unit.pool)
        .await
        .map_err(|error| error.to_string())?;
    let list = |rows: Option<Value>| match rows {
        Some(Value::Array(rows)) => rows,
        _ => Vec::new(),
    };
    Ok(rows.into_iter().map(|(name, rows)| (name, list(rows))).collect())
}
