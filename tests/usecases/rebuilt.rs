//! Writes modules' tables anew from the journals: they have to be the same as before.
//!
//! Whoever knows of nothing but the introductions of a case is left alone: those are rebuilt in the cases that tell
//! of them, and would be most of the work here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use pancake::bus::rebuild::{projected, rebuild};
use pancake::dev::test_site::TestSite;
use pancake::dev::usecase::UseCase;
use pancake::dev::usecase::time::{INTRODUCED, NOON};
use pancake::store::module_runtime::ModuleRuntime;
use serde_json::Value;
use sqlx::{AssertSqlSafe, query_as};

/// Rows by table, in an order of their own.
type Tables = BTreeMap<String, Vec<Value>>;
/// A module, and the name of an event of its.
type Happened = (&'static str, String);

/// Rebuilds all modules that the case is about. Every difference is named.
pub(crate) async fn compare(stage: &TestSite, case: &UseCase) -> Result<(), String> {
    let happened = happened(stage, case).await?;
    let mut differences = Vec::new();
    for unit in stage.ctx.units() {
        let knows = |(source, name): &Happened| {
            let own = *source == unit.spec.name && unit.own(name).is_some();
            own || unit.foreign(source, name).is_some()
        };
        if !happened.iter().any(knows) {
            continue;
        }
        let before = tables(unit).await?;
        if before.is_empty() {
            continue;
        }
        let done = rebuild(&stage.ctx, unit).await.map_err(|error| format!("{}: {error}", unit.spec.name))?;
        if done.parked > 0 {
            differences.push(format!("- {}: a rebuild parks {} entries", unit.spec.name, done.parked));
        }
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

/// What the case tells or expects, and whatever else was published after the introductions.
async fn happened(stage: &TestSite, case: &UseCase) -> Result<BTreeSet<Happened>, String> {
    let told = case.told_events().chain(case.expected_events());
    let mut happened: BTreeSet<_> =
        told.map(|event| (event.record.source, event.record.name.to_owned())).collect();
    for unit in stage.ctx.units() {
        let mut entries = stage.journal(unit.spec.name, 0).await.map_err(|error| error.to_string())?;
        entries.retain(|entry| entry.at > NOON + INTRODUCED + TimeDelta::days(1));
        happened.extend(entries.into_iter().map(|entry| (unit.spec.name, entry.name.to_string())));
    }
    Ok(happened)
}

/// What is in the tables of a module that events can restore.
async fn tables(unit: &ModuleRuntime) -> Result<Tables, String> {
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
